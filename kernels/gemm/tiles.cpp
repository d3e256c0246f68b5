#include "kernels/gemm/tiles.h"

namespace cnnbench::gemm {

ConvolutionShape::ConvolutionShape(const ModelLayer& layer, const Convolution& convolution,
                                   std::int64_t images)
    : batch(images),
      groups(convolution.groups),
      channels(layer.input.channels / convolution.groups),
      filters(convolution.filters / convolution.groups),
      window(common::window_of(layer, convolution.kernel, convolution.stride)) {}

Tiling::Tiling(const ConvolutionShape& shape) : shape_(shape) {
  const std::int64_t most = std::max<std::int64_t>(1, scratch_limit / (shape.taps() + shape.filters));
  const std::int64_t plane = shape.output_plane();
  const auto same = [](const common::Axis& axis) {
    return axis.kernel == 1 && axis.stride == 1 && axis.before == 0 && axis.output == axis.input;
  };
  constexpr std::int64_t enough = 128;  // pixels, for a multiplication to be worth its call
  if (same(shape.window.rows) && same(shape.window.columns) && (plane >= enough || shape.batch == 1)) {
    direct_ = true;
    pixels_ = plane;
    return;
  }
  if (2 * plane <= most && shape.batch > 1) {
    images_ = std::min(shape.batch, most / plane);
    // Equal parts: 5 images are not 4 and 1.
    const std::int64_t parts = (shape.batch + images_ - 1) / images_;
    images_ = (shape.batch + parts - 1) / parts;
    pixels_ = plane;
    return;
  }
  const std::int64_t parts = (plane + most - 1) / most;
  constexpr std::int64_t line = 16;  // whole cache lines of a plane that begins on one
  pixels_ = std::min({plane, most, ((plane + parts - 1) / parts + line - 1) / line * line});
}

}  // namespace cnnbench::gemm
