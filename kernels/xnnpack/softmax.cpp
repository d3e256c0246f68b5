#include "kernels/xnnpack/builder.h"

namespace cnnbench::xnnpack {

/// Over the channels of each pixel: rows of NHWC.
Value add_layer(Builder& builder, const ModelLayer& layer, const Softmax&, const Value& given) {
  const Value src = builder.in_nhwc(given, layer.input);
  const Value dst = builder.make_value(layer.output);  // the library's kernels read a row more than once
  const auto channels = static_cast<std::size_t>(layer.input.channels);
  const auto rows = static_cast<std::size_t>(builder.batch() * layer.input.height * layer.input.width);
  builder.add_operator(
      "softmax nc f32", {src, dst},
      [channels](std::uint32_t flags, xnn_operator_t* result) {
        return compat::create_softmax(channels, flags, result);
      },
      [&builder, rows, channels, src, dst](xnn_operator_t op, compat::Workspace&) {
        return compat::set_up_softmax(op, rows, channels, builder.data(src), builder.data(dst),
                                      builder.pool.get());
      });
  return dst;
}

}  // namespace cnnbench::xnnpack
