#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/winograd/shape.h"

namespace cnnbench::winograd {

constexpr std::int64_t line = 16;  ///< floats of a cache line

/// Matrices, one for each element of a transformed tile (36 or 64), all of one layout: columns (channels) in
/// blocks of `block`, and within a block of columns row after row. So the transforms write whole vectors one
/// after another, the matrix product reads one operand as vectors and the other as scalars that lie together,
/// and what it writes is again in that layout. Rows are tiles, or the input channels of weights.
template <typename Float>
struct TileMatrix {
  Float* data = nullptr;
  std::int64_t elements = 0;
  std::int64_t rows = 0;
  std::int64_t columns = 0;  ///< blocks of them
  std::int64_t block = 0;

  std::int64_t column_stride() const { return rows * block; }

  /// Floats from one of them to the next: an odd number of cache lines, since so many streams at multiples of
  /// 4 KiB would share one set of the first-level cache.
  std::int64_t element_stride() const {
    const std::int64_t lines = (columns * column_stride() + line - 1) / line;
    return (lines | 1) * line;
  }
  std::int64_t size() const { return elements * element_stride(); }

  Float* at(std::int64_t element, std::int64_t column, std::int64_t row) const {
    return data + element * element_stride() + column * column_stride() + row * block;
  }
};

}  // namespace cnnbench::winograd
