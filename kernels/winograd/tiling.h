#pragma once

#include <cstdint>

#include "kernels/winograd/shape.h"

// Tiles are counted through all images, row after row; the last of a row or column of them may be smaller.
namespace cnnbench::winograd {

/// A range of things: [first, last).
struct Range {
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::int64_t size() const { return last - first; }
};

/// The smallest size of tiles that have a point: those of smaller tiles are the first of those of larger
/// ones.
constexpr int size_with(int point) {
  return point < points_of(0) ? 0 : (point - 2) / 2;
}

/// Elements of a transformed tile are of one kind if the same tiles have them: by the least sizes along both
/// sides. Element (i, j) is of points i and j; tiles that are smaller have the first of either.
struct Kind {
  int row_size = 0;
  int column_size = 0;
};

constexpr Kind kind_of(int row_point, int column_point) {
  return {size_with(row_point), size_with(column_point)};
}

inline Kind kind_of(const Shape& shape, std::int64_t element) {
  const int points = points_of(shape.tile_size);
  return kind_of(static_cast<int>(element) / points, static_cast<int>(element) % points);
}

/// The elements in an order in which equal shares of them are about equal work: those that small tiles lack
/// are spread over it.
inline std::int64_t element_at(const Shape& shape, std::int64_t place) {
  constexpr int row_orders[][8] = {{0, 4, 1, 2, 5, 3}, {0, 4, 6, 1, 2, 5, 7, 3}};
  const std::int64_t points = points_of(shape.tile_size);
  return row_orders[shape.tile_size - 1][place / points] * points + place % points;
}

/// Tiles before this one that have elements of a kind.
inline std::int64_t tiles_before(const Shape& shape, Kind kind, std::int64_t tile) {
  const TileLine high = shape.high();
  const TileLine wide = shape.wide();
  const std::int64_t rows = high.of(kind.row_size);
  const std::int64_t columns = wide.of(kind.column_size);
  const std::int64_t row = tile / wide.count() % high.count();
  const std::int64_t in_row = row < rows ? tile % wide.count() : 0;
  return (tile / (high.count() * wide.count()) * rows + row) * columns + in_row;
}

/// How many of these tiles have elements of a kind.
inline std::int64_t tiles_with(const Shape& shape, Kind kind, Range tiles) {
  return tiles_before(shape, kind, tiles.last) - tiles_before(shape, kind, tiles.first);
}

/// Walks from tile to tile.
class TilePlace {
 public:
  TilePlace(const Shape& shape, std::int64_t tile)
      : high_(shape.high()), wide_(shape.wide()), size_(shape.tile_size) {
    image = tile / (high_.count() * wide_.count());
    row_ = tile / wide_.count() % high_.count();
    column_ = tile % wide_.count();
  }
  /// The first output pixel.
  std::int64_t y() const { return row_ * outputs_of(size_); }
  std::int64_t x() const { return column_ * outputs_of(size_); }
  int row_size() const { return row_ < high_.full ? size_ : high_.last; }
  int column_size() const { return column_ < wide_.full ? size_ : wide_.last; }
  bool has(Kind kind) const { return row_size() >= kind.row_size && column_size() >= kind.column_size; }
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
  int size_;
  std::int64_t row_;
  std::int64_t column_;
};

}  // namespace cnnbench::winograd
