// Tile matrices of products into images of outputs.

#if defined(KERNELS_WINOGRAD_OUTPUT_TILES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KERNELS_WINOGRAD_OUTPUT_TILES_INL_H_
#undef KERNELS_WINOGRAD_OUTPUT_TILES_INL_H_
#else
#define KERNELS_WINOGRAD_OUTPUT_TILES_INL_H_
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "kernels/winograd/kernels.h"
#include "kernels/winograd/pooling-inl.h"
#include "kernels/winograd/tiles-inl.h"
#include "kernels/winograd/transforms-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cnnbench::winograd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

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
    with_sizes<kLargest>(place, [&](auto row_size, auto column_size) HWY_ATTR {
      for (int v = 0; v < kBlock; v += K::lanes) {
        const V add = hn::Load(d, bias + v);
        const auto write = [&](int i, int j, V sum) HWY_ATTR {
          V value = hn::Max(floor, sum);
          if (whole && positive != nullptr) {
            const float* const other = positive + i * row + j * kBlock + v;
            __builtin_prefetch(other + pixels_ahead * side * kBlock);
            value = where_positive(d, other, value);
          }
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

}  // namespace cnnbench::winograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // KERNELS_WINOGRAD_OUTPUT_TILES_INL_H_
