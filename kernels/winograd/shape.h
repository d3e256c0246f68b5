#pragma once

#include <cstdint>

namespace cnnbench::winograd {

constexpr int taps = 9;  ///< of the 3×3 filter

/// Along one side, tiles are of F(2, 3), F(4, 3) or F(6, 3), by their size 0, 1 or 2.
constexpr int outputs_of(int size) {
  return 2 * size + 2;
}

/// Of the interpolation, as many as the tile has inputs and as multiplications that it takes.
constexpr int points_of(int size) {
  return outputs_of(size) + 2;
}

/// Tiles along one side of the output: of the largest size, and a last one, for the outputs that are left
/// over, of the smallest that holds them.
struct TileLine {
  TileLine(std::int64_t outputs, int largest) : full(outputs / outputs_of(largest)) {
    const std::int64_t rest = outputs % outputs_of(largest);
    if (rest > 0) last = static_cast<int>(rest - 1) / 2;
  }
  /// Tiles of at least this size.
  std::int64_t of(int size) const { return full + (last >= size); }
  std::int64_t count() const { return of(0); }
  std::int64_t products(int largest) const {
    return full * points_of(largest) + (last < 0 ? 0 : points_of(last));
  }

  std::int64_t full;
  int last = -1;  ///< its size; -1 for none
};

/// A 3×3 convolution with stride 1. Output pixel (y, x) is the sum over taps (i, j) of input pixel
/// (y + i - padding_top, x + j - padding_left), zero outside the image. The padding may be negative (a crop
/// deeper than the padding); what lies below and right follows from the output's size.
struct Shape {
  std::int64_t batch = 1;
  std::int64_t in_channels = 1;
  std::int64_t out_channels = 1;
  std::int64_t in_height = 1;
  std::int64_t in_width = 1;
  std::int64_t out_height = 1;
  std::int64_t out_width = 1;
  std::int64_t padding_top = 0;
  std::int64_t padding_left = 0;
  /// The size of its largest tiles: 1 for F(4×4, 3×3), 2 for F(6×6, 3×3).
  int tile_size = 1;

  TileLine high() const { return {out_height, tile_size}; }
  TileLine wide() const { return {out_width, tile_size}; }
  /// Of a transformed tile: 36 or 64.
  std::int64_t elements() const { return points_of(tile_size) * points_of(tile_size); }
  /// Of all images together.
  std::int64_t tiles() const { return batch * high().count() * wide().count(); }
  /// Multiplications that all tiles take for a pair of an input and an output channel.
  std::int64_t products() const { return batch * high().products(tile_size) * wide().products(tile_size); }

  /// The convolution that computes the gradient of this one's input from that of its output, with filters
  /// turned by 180° and inputs and outputs exchanged.
  Shape backward_data() const {
    return {batch,     out_channels, in_channels,     out_height,       out_width,
            in_height, in_width,     2 - padding_top, 2 - padding_left, tile_size};
  }
};

/// How many blocks of `block` channels hold so many.
inline std::int64_t blocks_of(std::int64_t channels, std::int64_t block) {
  return (channels + block - 1) / block;
}

}  // namespace cnnbench::winograd
