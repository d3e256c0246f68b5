// Tiles between images and tile matrices.

#if defined(KERNELS_WINOGRAD_TILES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KERNELS_WINOGRAD_TILES_INL_H_
#undef KERNELS_WINOGRAD_TILES_INL_H_
#else
#define KERNELS_WINOGRAD_TILES_INL_H_
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cstring>
#include <limits>
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
/// more of them, each in a place of its own, than the CPU follows.
constexpr int read_ahead = 4;
constexpr int written_ahead = 8;

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

/// A square of pixels of which some may lie outside the image: those are zero.
template <int kBlock, int kSide, typename Float>
HWY_INLINE void copy_square(const Image<Float>& image, const float* plane, std::int64_t y, std::int64_t x,
                            float* square) {
  std::memset(square, 0, kSide * kSide * kBlock * sizeof(float));
  const std::int64_t left = std::max<std::int64_t>(0, -x);
  const std::int64_t right = std::min<std::int64_t>(kSide, image.width - x);
  if (left >= right) return;
  for (std::int64_t i = std::max<std::int64_t>(0, -y); i < std::min<std::int64_t>(kSide, image.height - y);
       ++i)
    std::memcpy(square + (i * kSide + left) * kBlock, plane + ((y + i) * image.width + x + left) * kBlock,
                static_cast<std::size_t>(right - left) * kBlock * sizeof(float));
}

/// Asks for pixels some tiles before they are read: what is not in the caches comes from rows too far apart
/// for the hardware.
template <int kBlock, int kRows, int kColumns>
HWY_INLINE void prefetch_pixels(const float* first, std::int64_t row) {
  for (int i = 0; i < kRows; ++i)
    for (std::int64_t j = 0; j < kColumns * kBlock; j += line) hwy::Prefetch(first + i * row + j);
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
          d, [&](int i, int j) HWY_ATTR { return hn::LoadU(d, first + i * row + j * kBlock + v); },
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
  constexpr int outputs = outputs_of(kLargest);
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
    if (whole)  // of the second next tile those that the next one has not
      prefetch_pixels<kBlock, inputs, outputs>(first + (2 * outputs + 2) * kBlock, row);
    transform_pixels<kBlock, kLargest, InputTransform>(place, first, row, out);
  }
}

/// Values where others are positive, else zeros: what ReLU does to a gradient, given its output.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V where_positive(D d, const float* others, V values) {
  return hn::IfThenElseZero(hn::Gt(hn::LoadU(d, others), hn::Zero(d)), values);
}

/// What is written of 2×2 outputs: all, their maximum, or that and its place.
enum class Written { outputs, maxima, maxima_and_places };

/// Tiles of the largest size that are whole are written to the image, others to a square first.
template <int kBlock, int kLargest, Written kWritten, bool kStreaming>
void write_tiles(const Shape& shape, const TileMatrix<float>& from, std::int64_t first_tile,
                 std::int64_t column, Range tiles, const Epilogue& epilogue, const Image<float>& to) {
  using K = Kernel<kBlock>;
  using V = hn::Vec<typename K::D>;
  constexpr int pool = kWritten == Written::outputs ? 1 : 2;
  constexpr bool places = kWritten == Written::maxima_and_places;
  constexpr int side = outputs_of(kLargest) / pool;  // of a tile's part of the image
  const typename K::D d;
  HWY_ALIGN float bias[kBlock];
  HWY_ALIGN float square[side * side * kBlock];
  std::uint8_t square_of_places[places ? side * side * kBlock : 1];
  const V floor = hn::Set(d, epilogue.relu ? 0.0F : -std::numeric_limits<float>::infinity());
  for (std::int64_t lane = 0; lane < kBlock; ++lane) {
    const std::int64_t channel = column * kBlock + lane;
    bias[lane] = epilogue.bias != nullptr && channel < shape.out_channels ? epilogue.bias[channel] : 0.0F;
  }
  TilePlace place(shape, first_tile + tiles.first);
  TileRows<kBlock, kLargest> in(shape, from, first_tile, column, tiles.first);
  for (std::int64_t tile = tiles.first; tile < tiles.last; ++tile, in.leave(place), place.next()) {
    const std::int64_t y = place.y() / pool;
    const std::int64_t x = place.x() / pool;
    const bool whole = inside(to, y, x, side);
    float* const pixels = to.at(place.image, column, y, x);
    std::uint8_t* const pixels_places = places ? epilogue.places + (pixels - to.data) : nullptr;
    const float* const positive =
        epilogue.positive == nullptr ? nullptr : epilogue.positive + (pixels - to.data);
    const std::int64_t row = to.width * kBlock;
    if (whole && positive != nullptr) prefetch_pixels<kBlock, side, side>(positive + 2 * side * kBlock, row);
    with_sizes<kLargest>(place, [&](auto row_size, auto column_size) HWY_ATTR {
      for (int v = 0; v < kBlock; v += K::lanes) {
        const V add = hn::Load(d, bias + v);
        const auto write = [&](int i, int j, V sum) HWY_ATTR {
          V value = hn::Max(floor, sum);
          if (whole && positive != nullptr)
            value = where_positive(d, positive + i * row + j * kBlock + v, value);
          if (!whole)
            hn::Store(value, d, square + (i * side + j) * kBlock + v);
          else if constexpr (kStreaming)
            hn::Stream(value, d, pixels + i * row + j * kBlock + v);
          else
            hn::StoreU(value, d, pixels + i * row + j * kBlock + v);
        };
        V above[outputs_of(kLargest)];  // of a pair of rows, to be pooled
        V left = add;
        transform_rectangle<OutputTransform<row_size>, OutputTransform<column_size>>(
            d,
            [&](int i, int j) HWY_ATTR {
              __builtin_prefetch(in.at(i, j) + read_ahead * kBlock + v);
              return hn::LoadU(d, in.at(i, j) + v);
            },
            [&](int i, int j, V value) HWY_ATTR {
              if constexpr (kWritten == Written::outputs) {
                write(i, j, hn::Add(value, add));
              } else if constexpr (kWritten == Written::maxima) {  // bias and ReLU change no order
                above[j] = i % 2 == 0 ? value : hn::Max(above[j], value);
                if (i % 2 == 1 && j % 2 == 1)
                  write(i / 2, j / 2, hn::Add(hn::Max(above[j - 1], above[j]), add));
              } else {  // but a bias may make values equal
                const V biased = hn::Add(value, add);
                if (i % 2 == 0) {
                  above[j] = biased;
                } else if (j % 2 == 0) {
                  left = biased;
                } else {
                  Maximum<kBlock> maximum(above[j - 1]);
                  maximum.compare(above[j], 1);
                  maximum.compare(left, 2);
                  maximum.compare(biased, 3);
                  write(i / 2, j / 2, maximum.value());
                  Places<kBlock>::store(maximum.place(epilogue.relu),
                                        whole ? pixels_places + i / 2 * row + j / 2 * kBlock + v
                                              : square_of_places + (i / 2 * side + j / 2) * kBlock + v);
                }
              }
            });
      }
    });
    if (whole) continue;
    const std::int64_t high = std::min<std::int64_t>(side, to.height - y);
    const std::int64_t wide = std::min<std::int64_t>(side, to.width - x);
    for (std::int64_t i = 0; i < high; ++i) {
      const auto size = static_cast<std::size_t>(wide * kBlock);
      std::memcpy(pixels + i * row, square + i * side * kBlock, size * sizeof(float));
      if (positive != nullptr)
        for (std::int64_t at = i * row; at < i * row + wide * kBlock; at += K::lanes)
          hn::StoreU(where_positive(d, positive + at, hn::LoadU(d, pixels + at)), d, pixels + at);
      if constexpr (places) std::memcpy(pixels_places + i * row, square_of_places + i * side * kBlock, size);
    }
  }
  if constexpr (kStreaming) hwy::FlushStream();
}

template <int kBlock, int kLargest>
void transform_output(const Shape& shape, const TileMatrix<float>& from, std::int64_t first_tile,
                      std::int64_t column, Range tiles, const Epilogue& epilogue, const Image<float>& to) {
  static constexpr decltype(&write_tiles<kBlock, kLargest, Written::outputs, false>) write[3][2] = {
      {write_tiles<kBlock, kLargest, Written::outputs, false>,
       write_tiles<kBlock, kLargest, Written::outputs, true>},
      {write_tiles<kBlock, kLargest, Written::maxima, false>,
       write_tiles<kBlock, kLargest, Written::maxima, true>},
      {write_tiles<kBlock, kLargest, Written::maxima_and_places, false>,
       write_tiles<kBlock, kLargest, Written::maxima_and_places, true>}};
  const int written = !epilogue.max_pool ? 0 : epilogue.places == nullptr ? 1 : 2;
  write[written][epilogue.streaming](shape, from, first_tile, column, tiles, epilogue, to);
}

/// Sets gradients of pixels whose output ReLU made zero to zero, in memory, and adds up those of the part of
/// a tile that lies inside the image.
template <int kBlock>
HWY_INLINE void mask_tile(const Image<float>& gradient, float* pixels, const float* outputs,
                          std::int64_t high, std::int64_t wide, float* HWY_RESTRICT sums) {
  using K = Kernel<kBlock>;
  const typename K::D d;
  const std::int64_t row = gradient.width * kBlock;
  for (int v = 0; v < kBlock; v += K::lanes) {
    auto sum = hn::Zero(d);
    for (std::int64_t i = 0; i < high; ++i)
      for (std::int64_t j = 0; j < wide; ++j) {
        float* const pixel = pixels + i * row + j * kBlock + v;
        auto value = hn::LoadU(d, pixel);
        if (outputs != nullptr) {
          value = where_positive(d, outputs + i * row + j * kBlock + v, value);
          hn::StoreU(value, d, pixel);
        }
        sum = hn::Add(sum, value);
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
      if (activations != nullptr || sums != nullptr)
        mask_tile<kBlock>(gradient, pixels, activations, std::min<std::int64_t>(outputs, gradient.height - y),
                          std::min<std::int64_t>(outputs, gradient.width - x), sum);
      if (inside(gradient, y, x, outputs)) {
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
