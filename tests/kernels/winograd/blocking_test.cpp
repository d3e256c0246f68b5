// How the tiles are cut into blocks, with the layers of VGG16 at batch 8, F(6×6, 3×3).
#include "kernels/winograd/blocking.h"

#include <gtest/gtest.h>

namespace cnnbench::winograd {
namespace {

Shape layer(std::int64_t in, std::int64_t out, std::int64_t side) {
  return {8, in, out, side, side, side, side, 1, 1, 2};
}

const Shape conv3 = layer(256, 256, 56);  // 17 MB of weights, 800 tiles
const Shape conv4 = layer(512, 512, 28);  // 67 MB, 200 tiles

TEST(WinogradBlocking, IsOfOneBlockWhereTheWeightsComeFromMemory) {
  const Blocking blocking = forward_blocking(conv4, 2);
  EXPECT_TRUE(blocking.shared);
  EXPECT_EQ(blocking.tiles, conv4.tiles());
}

TEST(WinogradBlocking, IsOfSmallSharedBlocksWhereTheLastLevelCacheHoldsTheWeights) {
  const Blocking blocking = forward_blocking(conv3, 2);
  EXPECT_TRUE(blocking.shared);
  // Faster than 200 by 6 (AVX-512) and 14 % (AVX2); between 24 and 64 alike.
  EXPECT_GE(blocking.tiles, 24);
  EXPECT_LE(blocking.tiles, 64);
}

TEST(WinogradBlocking, GivesEachOfMoreThreadsAsMuchToDo) {
  const std::int64_t two = forward_blocking(conv3, 2).tiles;
  EXPECT_EQ(forward_blocking(conv3, 8).tiles, 4 * two);
  EXPECT_LE(forward_blocking(conv3, 64).tiles, conv3.tiles());
  EXPECT_GE(forward_blocking(conv3, 1).tiles, 24);
}

TEST(WinogradBlocking, OfBackwardWeightsIsOfLargeBlocksSinceEachReadsAndWritesAllSums) {
  EXPECT_GT(backward_weights_blocking(conv3, 2).tiles, 150);
}

}  // namespace
}  // namespace cnnbench::winograd
