// Which tiles are chosen, against those that were faster when both were measured (2 cores, AVX-512 and, with
// blocks of 8 channels, AVX2; milliseconds of F(4×4, 3×3) and F(6×6, 3×3)).
#include "kernels/winograd/tile_size.h"

#include <gtest/gtest.h>

namespace cnnbench::winograd {
namespace {

Shape same(std::int64_t batch, std::int64_t in, std::int64_t out, std::int64_t side) {
  return {batch, in, out, side, side, side, side, 1, 1};
}

TEST(WinogradTileSize, OfLargeMapsIsTheLargest) {
  for (const WeightUse use : {WeightUse::packed, WeightUse::transformed, WeightUse::gradient})
    for (const std::int64_t block : {8, 16}) {
      EXPECT_EQ(best_tile_size(same(8, 64, 64, 224), use, block), 2);   // 33.1, 30.2
      EXPECT_EQ(best_tile_size(same(8, 256, 256, 56), use, block), 2);  // 26.8, 23.8
    }
  EXPECT_EQ(best_tile_size(same(1, 256, 256, 56), WeightUse::packed, 16), 2);  // 3.6, 3.0
}

TEST(WinogradTileSize, IsSmallerWhereFewOutputsShareManyWeights) {
  EXPECT_EQ(best_tile_size(same(8, 512, 512, 28), WeightUse::packed, 16), 2);  // 25.5, 22.7
  EXPECT_EQ(best_tile_size(same(1, 512, 512, 28), WeightUse::packed, 16), 1);  // 3.5, 4.0
  EXPECT_EQ(best_tile_size(same(1, 512, 512, 28), WeightUse::packed, 8), 2);   // 9.5, 8.0
  EXPECT_EQ(best_tile_size(same(1, 512, 512, 14), WeightUse::packed, 16), 1);  // 1.8, 2.7
  EXPECT_EQ(best_tile_size(same(1, 512, 512, 14), WeightUse::packed, 8), 1);   // 2.9, 3.6
}

TEST(WinogradTileSize, DependsOnWhatIsDoneWithTheWeights) {
  const Shape shape = same(8, 512, 512, 14);
  EXPECT_EQ(best_tile_size(shape, WeightUse::packed, 16), 2);       // 7.2, 6.8
  EXPECT_EQ(best_tile_size(shape, WeightUse::transformed, 16), 1);  // 9.0, 9.2
  EXPECT_EQ(best_tile_size(shape, WeightUse::gradient, 16), 1);     // 9.8, 11.7
  EXPECT_EQ(best_tile_size(shape, WeightUse::transformed, 8), 2);   // 15.2, 14.3
  EXPECT_EQ(best_tile_size(shape, WeightUse::gradient, 8), 1);      // 17.3, 17.8
}

}  // namespace
}  // namespace cnnbench::winograd
