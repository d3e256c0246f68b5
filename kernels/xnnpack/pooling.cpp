#include <algorithm>

#include "kernels/xnnpack/builder.h"

namespace cnnbench::xnnpack {

/// The library's maximum ignores padding, and its average divides by the elements inside the image, as the
/// model wants it.
Value add_pooling(Builder& builder, const ModelLayer& layer, const Value& given) {
  const auto& pool = std::get<Pooling>(layer.kind);
  const Value src = builder.in_nhwc(given, layer.input);
  const Value dst = builder.make_value(layer.output);
  // A negative margin is what a dropped border leaves over; the library drops it by rounding down.
  const auto size = [](std::int64_t value) {
    return static_cast<std::uint32_t>(std::max<std::int64_t>(0, value));
  };
  const compat::Window window{
      size(layer.padding.before.height), size(layer.padding.after.width), size(layer.padding.after.height),
      size(layer.padding.before.width),  size(pool.kernel.height),        size(pool.kernel.width),
      size(pool.stride.height),          size(pool.stride.width),         size(builder.batch()),
      size(layer.input.height),          size(layer.input.width),         size(layer.input.channels)};
  if (pool.pool == PoolKind::max)
    builder.add_operator(
        "max pooling2d nhwc f32",
        [window](std::uint32_t flags, xnn_operator_t* result) {
          return compat::create_max_pooling(window, flags, result);
        },
        [&builder, window, src, dst](xnn_operator_t op, compat::Workspace&) {
          return compat::set_up_max_pooling(op, window, builder.data(src), builder.data(dst),
                                            builder.pool.get());
        });
  else
    builder.add_operator(
        "average pooling2d nhwc f32",
        [window](std::uint32_t flags, xnn_operator_t* result) {
          return compat::create_average_pooling(window, flags, result);
        },
        [&builder, window, src, dst](xnn_operator_t op, compat::Workspace& workspace) {
          return compat::set_up_average_pooling(op, window, builder.data(src), builder.data(dst),
                                                builder.pool.get(), workspace);
        });
  builder.discard(src);
  return dst;
}

}  // namespace cnnbench::xnnpack
