#pragma once

#include <cstdint>

namespace cnnbench::winograd {

constexpr int tile_outputs = 4;                      ///< a side, of F(4×4, 3×3)
constexpr int small_outputs = 2;                     ///< of F(2×2, 3×3)
constexpr int tile_inputs = 6;                       ///< tile_outputs + 3 - 1
constexpr int elements = tile_inputs * tile_inputs;  ///< of a transformed tile: 36
constexpr int taps = 9;                              ///< of the 3×3 filter

/// Tiles along one side of the output: of four outputs, F(4, 3), and, where one or two are left over, a last
/// one of two, F(2, 3), which takes 4 products in place of 6.
struct TileLine {
  explicit TileLine(std::int64_t outputs)
      : large((outputs + 1) / tile_outputs),
        small(outputs % tile_outputs == 1 || outputs % tile_outputs == 2) {}
  std::int64_t count() const { return large + small; }
  std::int64_t products() const { return large * tile_inputs + small * (small_outputs + 2); }

  std::int64_t large;
  std::int64_t small;  ///< 0 or 1
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

  TileLine high() const { return TileLine(out_height); }
  TileLine wide() const { return TileLine(out_width); }
  /// Of all images together.
  std::int64_t tiles() const { return batch * high().count() * wide().count(); }
  /// Multiplications that all tiles take for a pair of an input and an output channel.
  std::int64_t products() const { return batch * high().products() * wide().products(); }

  /// The convolution that computes the gradient of this one's input from that of its output, with filters
  /// turned by 180° and inputs and outputs exchanged.
  Shape backward_data() const {
    return {batch,     out_channels, in_channels,     out_height,      out_width,
            in_height, in_width,     2 - padding_top, 2 - padding_left};
  }
};

/// How many blocks of `block` channels hold so many.
inline std::int64_t blocks_of(std::int64_t channels, std::int64_t block) {
  return (channels + block - 1) / block;
}

}  // namespace cnnbench::winograd
