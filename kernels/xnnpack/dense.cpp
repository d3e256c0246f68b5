#include "kernels/xnnpack/builder.h"

namespace cnnbench::xnnpack {

/// Takes its input in whichever order it lies: the columns of the weights are put into that order when they
/// are packed, so that no image has to be reordered in a step.
Value add_layer(Builder& builder, const ModelLayer& layer, const Dense& dense, const Value& src) {
  const Value dst = builder.make_value(layer.output);
  const auto inputs = static_cast<std::size_t>(layer.input.size());
  const auto units = static_cast<std::size_t>(dense.units);
  const std::size_t weights = builder.add_parameter(Tensor::weights, dense.units, src.shape, src.nhwc);
  const bool has_bias = layer.biases > 0;
  const std::size_t bias = has_bias ? builder.add_parameter(Tensor::bias, layer.biases) : 0;
  const compat::Bounds bounds{dense.activation == Activation::relu ? 0 : -INFINITY, INFINITY};
  builder.add_operator(
      "fully connected nc f32", {src, dst},
      [&builder, inputs, units, weights, has_bias, bias, bounds](std::uint32_t flags,
                                                                 xnn_operator_t* result) {
        return compat::create_dense(inputs, units, builder.data(weights),
                                    has_bias ? builder.data(bias) : nullptr, bounds, flags, result);
      },
      [&builder, src, dst](xnn_operator_t op, compat::Workspace&) {
        return compat::set_up_dense(op, static_cast<std::size_t>(builder.batch()), builder.data(src),
                                    builder.data(dst), builder.pool.get());
      });
  if (dense.activation == Activation::tanh || dense.activation == Activation::sigmoid)
    builder.add_activation(dense.activation, dst, dst);
  return dst;
}

}  // namespace cnnbench::xnnpack
