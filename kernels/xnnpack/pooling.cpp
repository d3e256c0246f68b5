#include "kernels/xnnpack/builder.h"

namespace cnnbench::xnnpack {

/// The library's maximum ignores padding, and its average divides by the elements inside the image, as the
/// model wants it.
Value add_layer(Builder& builder, const ModelLayer& layer, const Pooling& pool, const Value& given) {
  const Value src = builder.in_nhwc(given, layer.input);
  const Value dst = builder.make_value(layer.output);
  const compat::Window window = window_of(builder, layer, pool.kernel, pool.stride);
  if (pool.pool == PoolKind::max)
    builder.add_operator(
        "max pooling2d nhwc f32", {src, dst},
        [window](std::uint32_t flags, xnn_operator_t* result) {
          return compat::create_max_pooling(window, flags, result);
        },
        [&builder, window, src, dst](xnn_operator_t op, compat::Workspace&) {
          return compat::set_up_max_pooling(op, window, builder.data(src), builder.data(dst),
                                            builder.pool.get());
        });
  else
    builder.add_operator(
        "average pooling2d nhwc f32", {src, dst},
        [window](std::uint32_t flags, xnn_operator_t* result) {
          return compat::create_average_pooling(window, flags, result);
        },
        [&builder, window, src, dst](xnn_operator_t op, compat::Workspace& workspace) {
          return compat::set_up_average_pooling(op, window, builder.data(src), builder.data(dst),
                                                builder.pool.get(), workspace);
        });
  return dst;
}

}  // namespace cnnbench::xnnpack
