#pragma once

#include <cstdint>

#include "kernels/common/window.h"

namespace cnnbench::gemm {

/// A convolution as matrices: filters × taps times taps × output pixels, for each group.
struct ConvolutionShape {
  ConvolutionShape(const ModelLayer& layer, const Convolution& convolution, std::int64_t images);

  std::int64_t input_plane() const { return window.rows.input * window.columns.input; }
  std::int64_t output_plane() const { return window.rows.output * window.columns.output; }
  std::int64_t taps() const { return channels * window.rows.kernel * window.columns.kernel; }

  /// Where the planes of a group begin, in elements.
  std::int64_t source(std::int64_t image, std::int64_t group) const {
    return (image * groups + group) * channels * input_plane();
  }
  std::int64_t destination(std::int64_t image, std::int64_t group) const {
    return (image * groups + group) * filters * output_plane();
  }

  std::int64_t batch;
  std::int64_t groups;
  std::int64_t channels;  ///< of a group
  std::int64_t filters;   ///< of a group
  common::Window window;
};

/// Output pixels that are computed together: a range of one image, or several whole images.
struct Tile {
  std::int64_t first_image;
  std::int64_t images;
  std::int64_t first_pixel;
  std::int64_t pixels;  ///< of each image

  std::int64_t columns() const { return images * pixels; }
};

/// How the output pixels of a batch are cut into tiles, so that the memory for im2col is bounded whatever the
/// layer and the batch, and yet every matrix multiplication is large enough to run at its full rate.
class Tiling {
 public:
  explicit Tiling(const ConvolutionShape& shape);

  /// Most floats that a tile's columns and, where it spans several images, its outputs take (8 MiB); one
  /// pixel alone may need more. Measured on VGG16's conv3_2 … conv5_1 with OpenBLAS: tiles of
  /// 4 MiB run at 0.77 to 0.94 of the rate of sgemm on the whole matrices, of 8 MiB at 0.88 and more, and
  /// larger ones no faster.
  static constexpr std::int64_t scratch_limit = (std::int64_t{8} << 20) / 4;

  /// The columns are the input itself: 1×1, stride 1, no padding. Each image is a tile.
  bool direct() const { return direct_; }

  /// Whether a tile may span several images, so that its outputs do not lie in the batch as one matrix.
  bool several_images() const { return images_ > 1; }

  std::int64_t column_elements() const { return direct_ ? 0 : shape_.taps() * images_ * pixels_; }
  std::int64_t output_elements() const { return images_ > 1 ? shape_.filters * images_ * pixels_ : 0; }

  /// Calls visit(tile) for all tiles, in the order of images and pixels.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (std::int64_t image = 0; image < shape_.batch; image += images_)
      for (std::int64_t pixel = 0; pixel < shape_.output_plane(); pixel += pixels_)
        visit(Tile{image, std::min(images_, shape_.batch - image), pixel,
                   std::min(pixels_, shape_.output_plane() - pixel)});
  }

 private:
  ConvolutionShape shape_;
  std::int64_t images_ = 1;
  std::int64_t pixels_ = 1;
  bool direct_ = false;
};

}  // namespace cnnbench::gemm
