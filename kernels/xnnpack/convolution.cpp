#include "kernels/xnnpack/builder.h"

namespace cnnbench::xnnpack {

Value add_layer(Builder& builder, const ModelLayer& layer, const Convolution& conv, const Value& given) {
  const Value src = builder.in_nhwc(given, layer.input);
  const Value dst = builder.make_value(layer.output);
  const auto size = [](std::int64_t value) { return static_cast<std::uint32_t>(value); };
  // Padding is nowhere negative: unsupported() turns that away.
  const compat::Window window = window_of(builder, layer, conv.kernel, conv.stride);

  // The library's order of weights, groups or not: OHWI.
  const std::size_t weights = builder.add_parameter(
      Tensor::weights, conv.filters,
      {layer.input.channels / conv.groups, conv.kernel.height, conv.kernel.width}, true);
  const bool has_bias = layer.biases > 0;
  const std::size_t bias = has_bias ? builder.add_parameter(Tensor::bias, layer.biases) : 0;
  const compat::Bounds bounds{conv.activation == Activation::relu ? 0 : -INFINITY, INFINITY};
  builder.add_operator(
      "convolution2d nhwc f32", {src, dst},
      [&builder, window, groups = size(conv.groups), filters = size(conv.filters), weights, has_bias, bias,
       bounds](std::uint32_t flags, xnn_operator_t* result) {
        return compat::create_convolution(window, groups, filters, builder.data(weights),
                                          has_bias ? builder.data(bias) : nullptr, bounds, flags, result);
      },
      [&builder, window, src, dst](xnn_operator_t op, compat::Workspace& workspace) {
        return compat::set_up_convolution(op, window, builder.data(src), builder.data(dst),
                                          builder.pool.get(), workspace);
      });
  if (conv.activation == Activation::tanh || conv.activation == Activation::sigmoid)
    builder.add_activation(conv.activation, dst, dst);
  return dst;
}

}  // namespace cnnbench::xnnpack
