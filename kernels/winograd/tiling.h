#pragma once

#include <cstdint>

#include "kernels/winograd/shape.h"

// Tiles are counted through all images, row after row; the last of a row or column of them may be small.
namespace cnnbench::winograd {

/// A range of things: [first, last).
struct Range {
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::int64_t size() const { return last - first; }
};

/// The interpolation points of F(2, 3) among those of F(4, 3): 0, 1, -1 and infinity. What small tiles are
/// multiplied with is so a part of what large ones are.
constexpr int small_points[] = {0, 1, 2, 5};

constexpr bool is_of_large_tiles(int point) {
  return point == 3 || point == 4;
}

/// The elements of a transformed tile are of four kinds: whether low tiles, of two rows of outputs, lack them
/// (bit 0), and whether narrow ones, of two columns, do (bit 1).
constexpr int element_kinds = 4;

constexpr int kind_of(int row_point, int column_point) {
  return (is_of_large_tiles(row_point) ? 1 : 0) | (is_of_large_tiles(column_point) ? 2 : 0);
}

constexpr int kind_of(std::int64_t element) {
  return kind_of(static_cast<int>(element) / tile_inputs, static_cast<int>(element) % tile_inputs);
}

/// The elements in an order in which equal shares of them are about equal work: those that small tiles lack
/// are spread over it.
constexpr std::int64_t element_at(std::int64_t place) {
  constexpr int rows[tile_inputs] = {0, 3, 1, 4, 2, 5};
  return rows[place / tile_inputs] * tile_inputs + place % tile_inputs;
}

/// Tiles before this one that have elements of a kind.
inline std::int64_t tiles_before(const Shape& shape, int kind, std::int64_t tile) {
  const TileLine high = shape.high();
  const TileLine wide = shape.wide();
  const std::int64_t rows = kind & 1 ? high.large : high.count();
  const std::int64_t columns = kind & 2 ? wide.large : wide.count();
  const std::int64_t row = tile / wide.count() % high.count();
  const std::int64_t in_row = row < rows ? tile % wide.count() : 0;
  return (tile / (high.count() * wide.count()) * rows + row) * columns + in_row;
}

/// How many of these tiles have elements of a kind.
inline std::int64_t tiles_with(const Shape& shape, int kind, Range tiles) {
  return tiles_before(shape, kind, tiles.last) - tiles_before(shape, kind, tiles.first);
}

/// Walks from tile to tile.
class TilePlace {
 public:
  TilePlace(const Shape& shape, std::int64_t tile) : high_(shape.high()), wide_(shape.wide()) {
    image = tile / (high_.count() * wide_.count());
    row_ = tile / wide_.count() % high_.count();
    column_ = tile % wide_.count();
  }
  /// The first output pixel.
  std::int64_t y() const { return row_ * tile_outputs; }
  std::int64_t x() const { return column_ * tile_outputs; }
  bool is_low() const { return row_ == high_.large; }
  bool is_narrow() const { return column_ == wide_.large; }
  bool has(int kind) const { return !((kind & 1 && is_low()) || (kind & 2 && is_narrow())); }
  void next() {
    if (++column_ < wide_.count()) return;
    column_ = 0;
    if (++row_ < high_.count()) return;
    row_ = 0;
    ++image;
  }

  std::int64_t image;

 private:
  TileLine high_;
  TileLine wide_;
  std::int64_t row_;
  std::int64_t column_;
};

}  // namespace cnnbench::winograd
