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

#include "kernels/winograd/kernels.h"
#include "kernels/winograd/micro_kernel-inl.h"
#include "kernels/winograd/transforms-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cnnbench::winograd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Where a tile is: which image, and its first output pixel. Walks from tile to tile.
class TilePlace {
 public:
  TilePlace(const Shape& shape, std::int64_t tile) : high_(shape.tiles_high()), wide_(shape.tiles_wide()) {
    image = tile / (high_ * wide_);
    row_ = tile / wide_ % high_;
    column_ = tile % wide_;
  }
  std::int64_t y() const { return row_ * tile_outputs; }
  std::int64_t x() const { return column_ * tile_outputs; }
  void next() {
    if (++column_ < wide_) return;
    column_ = 0;
    if (++row_ < high_) return;
    row_ = 0;
    ++image;
  }

  std::int64_t image;

 private:
  std::int64_t high_, wide_, row_, column_;
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

template <int kBlock>
void transform_input(const Shape& shape, const Image<const float>& from, std::int64_t first_tile,
                     std::int64_t column, Range tiles, const TileMatrix<float>& to) {
  using K = Kernel<kBlock>;
  const typename K::D d;
  HWY_ALIGN float square[elements * kBlock];
  const std::int64_t element_stride = to.element_stride();
  TilePlace place(shape, first_tile + tiles.first);
  float* out = to.at(0, column, tiles.first);
  for (std::int64_t tile = tiles.first; tile < tiles.last; ++tile, place.next(), out += kBlock) {
    const std::int64_t y = place.y() - shape.padding_top;
    const std::int64_t x = place.x() - shape.padding_left;
    const float* const plane = from.at(place.image, column, 0, 0);
    const bool whole = inside(from, y, x, tile_inputs);
    if (!whole) copy_square<kBlock, tile_inputs>(from, plane, y, x, square);
    const float* const first = whole ? plane + (y * from.width + x) * kBlock : square;
    const std::int64_t row = (whole ? from.width : tile_inputs) * kBlock;
    if (whole)  // two tiles ahead: what is not in the caches comes from rows too far apart for the hardware
      for (int i = 0; i < tile_inputs; ++i)
        for (std::int64_t j = 0; j < tile_outputs * kBlock; j += line)
          hwy::Prefetch(first + i * row + 2 * tile_outputs * kBlock + 2 * kBlock + j);
    for (int v = 0; v < kBlock; v += K::lanes)
      transform_square<InputTransform>(
          d, [&](int i, int j) HWY_ATTR { return hn::LoadU(d, first + i * row + j * kBlock + v); },
          [&](int i, int j, hn::Vec<typename K::D> value)
              HWY_ATTR { hn::StoreU(value, d, out + (i * tile_inputs + j) * element_stride + v); });
  }
}

template <int kBlock, bool kStreaming>
void write_tiles(const Shape& shape, const TileMatrix<float>& from, std::int64_t first_tile,
                 std::int64_t column, Range tiles, const Epilogue& epilogue, const Image<float>& to) {
  using K = Kernel<kBlock>;
  using V = hn::Vec<typename K::D>;
  const typename K::D d;
  HWY_ALIGN float bias[kBlock];
  HWY_ALIGN float square[tile_outputs * tile_outputs * kBlock];
  const std::int64_t element_stride = from.element_stride();
  const V floor = hn::Set(d, epilogue.relu ? 0.0F : -std::numeric_limits<float>::infinity());
  const auto write = [&](V value, float* pixel) HWY_ATTR {
    if constexpr (kStreaming)
      hn::Stream(value, d, pixel);
    else
      hn::StoreU(value, d, pixel);
  };
  for (std::int64_t lane = 0; lane < kBlock; ++lane) {
    const std::int64_t channel = column * kBlock + lane;
    bias[lane] = epilogue.bias != nullptr && channel < shape.out_channels ? epilogue.bias[channel] : 0.0F;
  }
  TilePlace place(shape, first_tile + tiles.first);
  const float* in = from.at(0, column, tiles.first);
  for (std::int64_t tile = tiles.first; tile < tiles.last; ++tile, place.next(), in += kBlock) {
    const bool whole = inside(to, place.y(), place.x(), tile_outputs);
    float* const pixels = to.at(place.image, column, place.y(), place.x());
    const std::int64_t row = to.width * kBlock;
    for (int v = 0; v < kBlock; v += K::lanes) {
      const V add = hn::Load(d, bias + v);
      const auto load = [&](int i, int j) HWY_ATTR {
        return hn::LoadU(d, in + (i * tile_inputs + j) * element_stride + v);
      };
      const auto finish = [&](V value) HWY_ATTR { return hn::Max(floor, hn::Add(value, add)); };
      if (whole)
        transform_square<OutputTransform>(d, load, [&](int i, int j, V value) HWY_ATTR {
          write(finish(value), pixels + i * row + j * kBlock + v);
        });
      else
        transform_square<OutputTransform>(d, load, [&](int i, int j, V value) HWY_ATTR {
          hn::Store(finish(value), d, square + (i * tile_outputs + j) * kBlock + v);
        });
    }
    if (whole) continue;
    const std::int64_t high = std::min<std::int64_t>(tile_outputs, to.height - place.y());
    const std::int64_t wide = std::min<std::int64_t>(tile_outputs, to.width - place.x());
    for (std::int64_t i = 0; i < high; ++i)
      std::memcpy(pixels + i * row, square + i * tile_outputs * kBlock,
                  static_cast<std::size_t>(wide * kBlock) * sizeof(float));
  }
  if constexpr (kStreaming) hwy::FlushStream();
}

template <int kBlock>
void transform_output(const Shape& shape, const TileMatrix<float>& from, std::int64_t first_tile,
                      std::int64_t column, Range tiles, const Epilogue& epilogue, const Image<float>& to) {
  if (epilogue.streaming)
    write_tiles<kBlock, true>(shape, from, first_tile, column, tiles, epilogue, to);
  else
    write_tiles<kBlock, false>(shape, from, first_tile, column, tiles, epilogue, to);
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
          value = hn::IfThenElseZero(hn::Gt(hn::LoadU(d, outputs + i * row + j * kBlock + v), hn::Zero(d)),
                                     value);
          hn::StoreU(value, d, pixel);
        }
        sum = hn::Add(sum, value);
      }
    hn::StoreU(hn::Add(hn::LoadU(d, sums + v), sum), d, sums + v);
  }
}

template <int kBlock>
void transform_output_gradient(const Shape& shape, const Image<float>& gradient, const float* relu_output,
                               std::int64_t first_tile, std::int64_t column, Range tiles,
                               const TileMatrix<float>& to, float* sums) {
  using K = Kernel<kBlock>;
  const typename K::D d;
  HWY_ALIGN float square[tile_outputs * tile_outputs * kBlock];
  const std::int64_t element_stride = to.element_stride();
  HWY_ALIGN float sum[kBlock] = {};
  TilePlace place(shape, first_tile + tiles.first);
  float* out = to.at(0, column, tiles.first);
  for (std::int64_t tile = tiles.first; tile < tiles.last; ++tile, place.next(), out += kBlock) {
    const std::int64_t y = place.y();
    const std::int64_t x = place.x();
    float* const pixels = gradient.at(place.image, column, y, x);
    const float* const outputs = relu_output == nullptr ? nullptr : relu_output + (pixels - gradient.data);
    if (outputs != nullptr || sums != nullptr)
      mask_tile<kBlock>(gradient, pixels, outputs, std::min<std::int64_t>(tile_outputs, gradient.height - y),
                        std::min<std::int64_t>(tile_outputs, gradient.width - x), sum);
    const bool whole = inside(gradient, y, x, tile_outputs);
    if (!whole)
      copy_square<kBlock, tile_outputs>(gradient, gradient.at(place.image, column, 0, 0), y, x, square);
    const float* const first = whole ? pixels : square;
    const std::int64_t row = (whole ? gradient.width : tile_outputs) * kBlock;
    for (int v = 0; v < kBlock; v += K::lanes)
      transform_square<OutputGradientTransform>(
          d, [&](int i, int j) HWY_ATTR { return hn::LoadU(d, first + i * row + j * kBlock + v); },
          [&](int i, int j, hn::Vec<typename K::D> value)
              HWY_ATTR { hn::StoreU(value, d, out + (i * tile_inputs + j) * element_stride + v); });
  }
  if (sums == nullptr) return;
  for (int lane = 0; lane < kBlock; ++lane) sums[column * kBlock + lane] += sum[lane];
}

}  // namespace cnnbench::winograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // KERNELS_WINOGRAD_TILES_INL_H_
