// Tiles of images into tile matrices.

#if defined(KERNELS_WINOGRAD_TILES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KERNELS_WINOGRAD_TILES_INL_H_
#undef KERNELS_WINOGRAD_TILES_INL_H_
#else
#define KERNELS_WINOGRAD_TILES_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <type_traits>

#include "kernels/winograd/kernels.h"
#include "kernels/winograd/micro_kernel-inl.h"
#include "kernels/winograd/pooling-inl.h"
#include "kernels/winograd/transforms-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cnnbench::winograd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Calls function(size) with the size, at most kLargest, as a compile-time constant.
template <int kLargest, class Function>
HWY_INLINE void with_constant(int size, const Function& function) {
  if constexpr (kLargest > 0)
    if (size < kLargest) return with_constant<kLargest - 1>(size, function);
  function(std::integral_constant<int, kLargest>());
}

/// Calls function(row size, column size) with those of the tile.
template <int kLargest, class Function>
HWY_INLINE void with_sizes(const TilePlace& place, const Function& function) {
  with_constant<kLargest>(place.row_size(), [&](auto row_size) HWY_ATTR {
    with_constant<kLargest>(place.column_size(),
                            [&](auto column_size) HWY_ATTR { function(row_size, column_size); });
  });
}

/// So many tiles ahead elements are asked for, before they are read and before they are written: there are
/// more of them, each in a place of its own, than the CPU follows. (64 of them fill half of a first-level
/// cache of 32 KiB.)
constexpr int read_ahead = 4;
constexpr int written_ahead = 4;
/// So many tiles ahead pixels are asked for: what is not in the caches comes from rows too far apart for the
/// hardware. One by one, between the calculations, since the CPU holds only so many requests at a time.
constexpr int pixels_ahead = 2;

/// Where the elements of a tile are in a tile matrix: a row for each kind. Walks from tile to tile.
template <int kBlock, int kLargest>
class TileRows {
 public:
  TileRows(const Shape& shape, const TileMatrix<float>& matrix, std::int64_t first_tile, std::int64_t column,
           std::int64_t tile)
      : stride_(matrix.element_stride()) {
    for (int i = 0; i <= kLargest; ++i)
      for (int j = 0; j <= kLargest; ++j)
        rows_[i][j] = matrix.at(0, column, tiles_with(shape, {i, j}, {first_tile, first_tile + tile}));
  }
  /// Element (i, j) of a tile.
  HWY_INLINE float* at(int i, int j) const {
    const Kind kind = kind_of(i, j);
    return rows_[kind.row_size][kind.column_size] + (i * points_of(kLargest) + j) * stride_;
  }
  /// From this tile to the next.
  void leave(const TilePlace& place) {
    for (int i = 0; i <= kLargest; ++i)
      for (int j = 0; j <= kLargest; ++j) rows_[i][j] += place.has({i, j}) ? kBlock : 0;
  }

 private:
  std::int64_t stride_;
  float* rows_[kLargest + 1][kLargest + 1];
};

/// Whether the pixels [y, y + side) × [x, x + side) all lie in an image.
template <typename Float>
HWY_INLINE bool inside(const Image<Float>& image, std::int64_t y, std::int64_t x, std::int64_t side) {
  return y >= 0 && x >= 0 && y + side <= image.height && x + side <= image.width;
}

/// A square of pixels of which some may lie outside the image: those are zero. (Every vector comes from
/// somewhere, without branches: rows of varying length are more work to begin than to copy.)
template <int kBlock, int kSide, typename Float>
HWY_INLINE void copy_square(const Image<Float>& image, const float* plane, std::int64_t y, std::int64_t x,
                            float* square) {
  using K = Kernel<kBlock>;
  const typename K::D d;
  HWY_ALIGN static constexpr float zeros[kBlock] = {};
  for (int i = 0; i < kSide; ++i) {
    const bool row_inside = y + i >= 0 && y + i < image.height;
    for (int j = 0; j < kSide; ++j) {
      const bool inside = row_inside && x + j >= 0 && x + j < image.width;
      const float* const pixel = inside ? plane + ((y + i) * image.width + x + j) * kBlock : zeros;
      for (int v = 0; v < kBlock; v += K::lanes)
        hn::Store(hn::LoadU(d, pixel + v), d, square + (i * kSide + j) * kBlock + v);
    }
  }
}

/// A tile of pixels, the first of which is `first` and whose rows are `row` floats apart, into elements.
template <int kBlock, int kLargest, template <int> class Transform>
HWY_INLINE void transform_pixels(const TilePlace& place, const float* first, std::int64_t row,
                                 const TileRows<kBlock, kLargest>& out) {
  using K = Kernel<kBlock>;
  const typename K::D d;
  with_sizes<kLargest>(place, [&](auto row_size, auto column_size) HWY_ATTR {
    for (int v = 0; v < kBlock; v += K::lanes)
      transform_rectangle<Transform<row_size>, Transform<column_size>>(
          d,
          [&](int i, int j) HWY_ATTR {
            const float* const pixel = first + i * row + j * kBlock + v;
            __builtin_prefetch(pixel + pixels_ahead * outputs_of(kLargest) * kBlock);
            return hn::LoadU(d, pixel);
          },
          [&](int i, int j, hn::Vec<typename K::D> value) HWY_ATTR {
            hn::StoreU(value, d, out.at(i, j) + v);
            __builtin_prefetch(out.at(i, j) + written_ahead * kBlock + v, 1);
          });
  });
}

template <int kBlock, int kLargest>
void transform_input(const Shape& shape, const Image<const float>& from, std::int64_t first_tile,
                     std::int64_t column, Range tiles, const TileMatrix<float>& to) {
  constexpr int inputs = points_of(kLargest);
  HWY_ALIGN float square[inputs * inputs * kBlock];
  TilePlace place(shape, first_tile + tiles.first);
  TileRows<kBlock, kLargest> out(shape, to, first_tile, column, tiles.first);
  for (std::int64_t tile = tiles.first; tile < tiles.last; ++tile, out.leave(place), place.next()) {
    const std::int64_t y = place.y() - shape.padding_top;
    const std::int64_t x = place.x() - shape.padding_left;
    const float* const plane = from.at(place.image, column, 0, 0);
    const bool whole = from.places == nullptr && inside(from, y, x, inputs);
    if (from.places != nullptr)
      unpool_square<kBlock, inputs>(from, place.image, column, y, x, square);
    else if (!whole)
      copy_square<kBlock, inputs>(from, plane, y, x, square);
    const float* const first = whole ? plane + (y * from.width + x) * kBlock : square;
    const std::int64_t row = (whole ? from.width : inputs) * kBlock;
    transform_pixels<kBlock, kLargest, InputTransform>(place, first, row, out);
  }
}

/// Values where others are positive, else zeros: what ReLU does to a gradient, given its output.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V where_positive(D d, const float* others, V values) {
  return hn::IfThenElseZero(hn::Gt(hn::LoadU(d, others), hn::Zero(d)), values);
}

/// Sets gradients of pixels whose output ReLU made zero to zero, in memory, and adds up those of the part of
/// a tile that lies inside the image.
template <int kBlock, int kLargest>
HWY_INLINE void mask_tile(const Image<float>& gradient, float* pixels, const float* outputs,
                          std::int64_t high, std::int64_t wide, float* HWY_RESTRICT sums) {
  using K = Kernel<kBlock>;
  const typename K::D d;
  constexpr int ahead = pixels_ahead * outputs_of(kLargest) * kBlock;
  const std::int64_t row = gradient.width * kBlock;
  for (int v = 0; v < kBlock; v += K::lanes) {
    auto sum = hn::Zero(d);
    for (std::int64_t i = 0; i < high; ++i) {
      auto row_sum = hn::Zero(d);  // so that no addition waits for all before it
      for (std::int64_t j = 0; j < wide; ++j) {
        float* const pixel = pixels + i * row + j * kBlock + v;
        __builtin_prefetch(pixel + ahead, 1);
        auto value = hn::LoadU(d, pixel);
        if (outputs != nullptr) {
          const float* const output = outputs + i * row + j * kBlock + v;
          __builtin_prefetch(output + ahead);
          value = where_positive(d, output, value);
          hn::StoreU(value, d, pixel);
        }
        row_sum = hn::Add(row_sum, value);
      }
      sum = hn::Add(sum, row_sum);
    }
    hn::StoreU(hn::Add(hn::LoadU(d, sums + v), sum), d, sums + v);
  }
}

template <int kBlock, int kLargest>
void transform_output_gradient(const Shape& shape, const Image<float>& gradient, const float* relu_output,
                               std::int64_t first_tile, std::int64_t column, Range tiles,
                               const TileMatrix<float>& to, float* sums) {
  constexpr int outputs = outputs_of(kLargest);
  HWY_ALIGN float square[outputs * outputs * kBlock];
  HWY_ALIGN float sum[kBlock] = {};
  TilePlace place(shape, first_tile + tiles.first);
  TileRows<kBlock, kLargest> out(shape, to, first_tile, column, tiles.first);
  for (std::int64_t tile = tiles.first; tile < tiles.last; ++tile, out.leave(place), place.next()) {
    const std::int64_t y = place.y();
    const std::int64_t x = place.x();
    const float* first = square;
    std::int64_t row = outputs * kBlock;
    if (gradient.places != nullptr) {
      if (sums != nullptr) add_living<kBlock>(gradient, place.image, column, y / 2, x / 2, outputs / 2, sum);
      unpool_square<kBlock, outputs>(gradient, place.image, column, y, x, square);
    } else {
      float* const pixels = gradient.at(place.image, column, y, x);
      const float* const activations =
          relu_output == nullptr ? nullptr : relu_output + (pixels - gradient.data);
      const bool whole = inside(gradient, y, x, outputs);
      if (activations != nullptr || sums != nullptr)
        mask_tile<kBlock, kLargest>(gradient, pixels, activations,
                                    std::min<std::int64_t>(outputs, gradient.height - y),
                                    std::min<std::int64_t>(outputs, gradient.width - x), sum);
      if (whole) {
        first = pixels;
        row = gradient.width * kBlock;
      } else {
        copy_square<kBlock, outputs>(gradient, gradient.at(place.image, column, 0, 0), y, x, square);
      }
    }
    transform_pixels<kBlock, kLargest, OutputGradientTransform>(place, first, row, out);
  }
  if (sums == nullptr) return;
  for (int lane = 0; lane < kBlock; ++lane) sums[column * kBlock + lane] += sum[lane];
}

}  // namespace cnnbench::winograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // KERNELS_WINOGRAD_TILES_INL_H_
