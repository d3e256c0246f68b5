// Which tiles there are, and which of them have which elements.
#include "kernels/winograd/tiling.h"

#include <gtest/gtest.h>

#include <set>

namespace cnnbench::winograd {
namespace {

TEST(WinogradTiling, LeavesOneOrTwoOutputsToASmallTile) {
  const struct {
    std::int64_t outputs, large, small;
  } lines[] = {{1, 0, 1}, {2, 0, 1}, {3, 1, 0}, {4, 1, 0}, {5, 1, 1},
               {6, 1, 1}, {7, 2, 0}, {8, 2, 0}, {14, 3, 1}};
  for (const auto& line : lines) {
    const TileLine found(line.outputs);
    EXPECT_EQ(found.large, line.large) << line.outputs;
    EXPECT_EQ(found.small, line.small) << line.outputs;
  }
}

// 14 outputs: three tiles of 6 products and one of 4, where four of 6 would be 24.
TEST(WinogradTiling, CountsTheProductsOfSmallTilesAsTheyAre) {
  EXPECT_EQ((Shape{3, 1, 1, 14, 8, 14, 8, 1, 1}).products(), 3 * 22 * 12);
}

// Every count of rows and columns of tiles with and without small ones.
TEST(WinogradTiling, CountsTheTilesThatHaveElementsOfAKind) {
  for (const std::int64_t height : {1, 4, 5, 14})
    for (const std::int64_t width : {2, 4, 6, 12}) {
      const Shape shape{2, 1, 1, height, width, height, width, 1, 1};
      std::int64_t products = 0;
      for (int kind = 0; kind < element_kinds; ++kind) {
        TilePlace place(shape, 0);
        std::int64_t count = 0;
        for (std::int64_t tile = 0; tile < shape.tiles(); ++tile, place.next()) {
          EXPECT_EQ(tiles_before(shape, kind, tile), count) << height << "x" << width << " " << kind;
          const bool low = place.y() + 2 >= height;
          const bool narrow = place.x() + 2 >= width;
          EXPECT_EQ(place.has(kind), !((kind & 1 && low) || (kind & 2 && narrow)));
          count += place.has(kind) ? 1 : 0;
        }
        EXPECT_EQ(tiles_with(shape, kind, {0, shape.tiles()}), count);
        for (std::int64_t element = 0; element < elements; ++element)
          products += kind_of(element) == kind ? count : 0;
      }
      EXPECT_EQ(products, shape.products());
    }
}

TEST(WinogradTiling, OrdersElementsSoThatTwoThreadsMultiplyAsOften) {
  const Shape shape{8, 1, 1, 14, 14, 14, 14, 1, 1};
  std::set<std::int64_t> all;
  std::int64_t halves[2] = {0, 0};
  for (std::int64_t place = 0; place < elements; ++place) {
    all.insert(element_at(place));
    halves[place / (elements / 2)] += tiles_with(shape, kind_of(element_at(place)), {0, shape.tiles()});
  }
  EXPECT_EQ(all.size(), static_cast<std::size_t>(elements));
  EXPECT_EQ(*all.rbegin(), elements - 1);
  EXPECT_EQ(halves[0], halves[1]);
}

TEST(WinogradTiling, BeginsAtAnyTile) {
  const Shape shape{3, 1, 1, 9, 6, 9, 6, 1, 1};
  TilePlace walked(shape, 0);
  for (std::int64_t tile = 0; tile < shape.tiles(); ++tile, walked.next()) {
    const TilePlace place(shape, tile);
    EXPECT_EQ(place.image, walked.image);
    EXPECT_EQ(place.y(), walked.y());
    EXPECT_EQ(place.x(), walked.x());
    EXPECT_EQ(place.is_low(), walked.is_low());
    EXPECT_EQ(place.is_narrow(), walked.is_narrow());
  }
}

}  // namespace
}  // namespace cnnbench::winograd
