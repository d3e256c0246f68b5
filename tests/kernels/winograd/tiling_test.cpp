// Which tiles there are, and which of them have which elements.
#include "kernels/winograd/tiling.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace cnnbench::winograd {
namespace {

/// A shape of as many outputs as inputs.
Shape same(std::int64_t batch, std::int64_t height, std::int64_t width, int tile_size) {
  return {batch, 1, 1, height, width, height, width, 1, 1, tile_size};
}

TEST(WinogradTiling, LeavesTheLastOutputsToTheSmallestTileThatHoldsThem) {
  const struct {
    int tile_size;
    std::int64_t outputs, full;
    int last;
  } lines[] = {{1, 1, 0, 0}, {1, 2, 0, 0},  {1, 3, 0, 1},  {1, 4, 1, -1}, {1, 5, 1, 0},  {1, 6, 1, 0},
               {1, 7, 1, 1}, {1, 8, 2, -1}, {1, 14, 3, 0}, {2, 1, 0, 0},  {2, 2, 0, 0},  {2, 3, 0, 1},
               {2, 4, 0, 1}, {2, 5, 0, 2},  {2, 6, 1, -1}, {2, 7, 1, 0},  {2, 10, 1, 1}, {2, 28, 4, 1}};
  for (const auto& line : lines) {
    const TileLine found(line.outputs, line.tile_size);
    EXPECT_EQ(found.full, line.full) << line.outputs;
    EXPECT_EQ(found.last, line.last) << line.outputs;
  }
}

// 14 outputs: three tiles of 6 products and one of 4, or two of 8 and one of 4; 8: two of 6, or one of 8 and
// one of 4; 28: seven of 6, or four of 8 and one of 6.
TEST(WinogradTiling, CountsTheProductsOfSmallTilesAsTheyAre) {
  EXPECT_EQ(same(3, 14, 8, 1).products(), 3 * 22 * 12);
  EXPECT_EQ(same(3, 14, 8, 2).products(), 3 * 20 * 12);
  EXPECT_EQ(same(1, 28, 28, 1).products(), 42 * 42);
  EXPECT_EQ(same(1, 28, 28, 2).products(), 38 * 38);
}

// Every count of rows and columns of tiles with and without smaller ones.
TEST(WinogradTiling, CountsTheTilesThatHaveElementsOfAKind) {
  for (const int tile_size : {1, 2})
    for (const std::int64_t height : {1, 4, 5, 6, 9, 14})
      for (const std::int64_t width : {2, 4, 6, 10, 12}) {
        const Shape shape = same(2, height, width, tile_size);
        const auto size_of_last = [&](std::int64_t outputs, std::int64_t first) {
          return std::min<std::int64_t>(tile_size, (outputs - first - 1) / 2);
        };
        std::int64_t products = 0;
        for (int row_size = 0; row_size <= tile_size; ++row_size)
          for (int column_size = 0; column_size <= tile_size; ++column_size) {
            const Kind kind{row_size, column_size};
            TilePlace place(shape, 0);
            std::int64_t count = 0;
            for (std::int64_t tile = 0; tile < shape.tiles(); ++tile, place.next()) {
              EXPECT_EQ(tiles_before(shape, kind, tile), count) << height << "x" << width;
              EXPECT_EQ(place.row_size(), size_of_last(height, place.y()));
              EXPECT_EQ(place.column_size(), size_of_last(width, place.x()));
              EXPECT_EQ(place.has(kind), place.row_size() >= row_size && place.column_size() >= column_size);
              count += place.has(kind) ? 1 : 0;
            }
            EXPECT_EQ(tiles_with(shape, kind, {0, shape.tiles()}), count);
            for (std::int64_t element = 0; element < shape.elements(); ++element) {
              const Kind found = kind_of(shape, element);
              if (found.row_size == row_size && found.column_size == column_size) products += count;
            }
          }
        EXPECT_EQ(products, shape.products());
      }
}

TEST(WinogradTiling, OrdersElementsSoThatTwoThreadsMultiplyAsOften) {
  for (const int tile_size : {1, 2}) {
    const Shape shape = same(8, 14, 14, tile_size);
    std::set<std::int64_t> all;
    std::int64_t halves[2] = {0, 0};
    for (std::int64_t place = 0; place < shape.elements(); ++place) {
      const std::int64_t element = element_at(shape, place);
      all.insert(element);
      halves[place / (shape.elements() / 2)] +=
          tiles_with(shape, kind_of(shape, element), {0, shape.tiles()});
    }
    EXPECT_EQ(all.size(), static_cast<std::size_t>(shape.elements()));
    EXPECT_EQ(*all.rbegin(), shape.elements() - 1);
    EXPECT_EQ(halves[0], halves[1]);
  }
}

TEST(WinogradTiling, BeginsAtAnyTile) {
  const Shape shape = same(3, 9, 6, 1);
  TilePlace walked(shape, 0);
  for (std::int64_t tile = 0; tile < shape.tiles(); ++tile, walked.next()) {
    const TilePlace place(shape, tile);
    EXPECT_EQ(place.image, walked.image);
    EXPECT_EQ(place.y(), walked.y());
    EXPECT_EQ(place.x(), walked.x());
    EXPECT_EQ(place.row_size(), walked.row_size());
    EXPECT_EQ(place.column_size(), walked.column_size());
  }
}

}  // namespace
}  // namespace cnnbench::winograd
