// The columns of tiny images, and the sums that come back from them, against numbers written by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "kernels/gemm/im2col.h"
#include "tests/kernels/gemm/shapes.h"
#include "tests/kernels/networks.h"

namespace cnnbench::gemm {
namespace {

using ::testing::ElementsAre;

std::vector<float> columns_of(const ConvolutionShape& shape, const Tile& tile, const std::vector<float>& src,
                              std::int64_t group = 0) {
  std::vector<float> columns(static_cast<std::size_t>(shape.taps() * tile.columns()), -1.0F);
  im2col(shape, tile, group, src.data(), columns.data());
  return columns;
}

const std::vector<float> three_by_three{1, 2, 3, 4, 5, 6, 7, 8, 9};

TEST(Im2col, HasARowForEveryTapAndAColumnForEveryPixel) {
  const ConvolutionShape shape = shape_of({1, 3, 3}, conv(1, {2, 2}));

  const std::vector<float> columns = columns_of(shape, {0, 1, 0, 4}, three_by_three);

  EXPECT_THAT(columns, ElementsAre(1, 2, 4, 5,    // above left of the pixels
                                   2, 3, 5, 6,    // above right
                                   4, 5, 7, 8,    // below left
                                   5, 6, 8, 9));  // below right
}

// Input and output are equally wide: one shifted copy, whose ends are padding.
TEST(Im2col, SetsPaddingToZeroWhereRowsAreCopiedTogether) {
  const ConvolutionShape shape = shape_of({1, 2, 3}, conv(1, {1, 3}, PaddingRule::same));

  const std::vector<float> columns = columns_of(shape, {0, 1, 0, 6}, {1, 2, 3, 4, 5, 6});

  EXPECT_THAT(columns, ElementsAre(0, 1, 2, 0, 4, 5,    // left of the pixels
                                   1, 2, 3, 4, 5, 6,    // the pixels
                                   2, 3, 0, 5, 6, 0));  // right of them
}

TEST(Im2col, SetsPaddingToZeroAboveAndBelow) {
  const ConvolutionShape shape = shape_of({1, 3, 1}, conv(1, {3, 1}, PaddingRule::same));

  const std::vector<float> columns = columns_of(shape, {0, 1, 0, 3}, {1, 2, 3});

  EXPECT_THAT(columns, ElementsAre(0, 1, 2, 1, 2, 3, 2, 3, 0));
}

TEST(Im2col, TakesAnyRangeOfPixels) {
  const ConvolutionShape narrow = shape_of({1, 3, 3}, conv(1, {2, 2}));
  const ConvolutionShape same = shape_of({1, 3, 3}, conv(1, {1, 3}, PaddingRule::same));

  EXPECT_THAT(columns_of(narrow, {0, 1, 1, 2}, three_by_three), ElementsAre(2, 4, 3, 5, 5, 7, 6, 8));
  EXPECT_THAT(columns_of(same, {0, 1, 2, 3}, three_by_three), ElementsAre(2, 0, 4, 3, 4, 5, 0, 5, 6));
}

TEST(Im2col, SkipsInputsWithAStride) {
  const ConvolutionShape shape = shape_of({1, 3, 3}, conv(1, {1, 1}, {2, 2}, {}));

  EXPECT_THAT(columns_of(shape, {0, 1, 0, 4}, three_by_three), ElementsAre(1, 3, 7, 9));
}

TEST(Im2col, PutsSeveralImagesSideBySide) {
  const ConvolutionShape shape = shape_of({2, 1, 2}, conv(1, {1, 1}), 2);

  EXPECT_THAT(columns_of(shape, {0, 2, 0, 2}, {1, 2, 3, 4, 5, 6, 7, 8}), ElementsAre(1, 2, 5, 6, 3, 4, 7, 8));
}

TEST(Im2col, TakesTheChannelsOfItsGroupAlone) {
  const ConvolutionShape shape = shape_of({2, 1, 2}, grouped(conv(2, {1, 1}), 2), 2);

  EXPECT_THAT(columns_of(shape, {1, 1, 0, 2}, {1, 2, 3, 4, 5, 6, 7, 8}, 1), ElementsAre(7, 8));
}

TEST(Col2im, AddsUpWhatOverlaps) {
  const ConvolutionShape shape = shape_of({1, 3, 3}, conv(1, {2, 2}));
  std::vector<float> gradient(9, -1.0F);

  col2im(shape, {0, 1, 0, 4}, 0, std::vector<float>(16, 1.0F).data(), gradient.data());

  EXPECT_THAT(gradient, ElementsAre(1, 2, 1, 2, 4, 2, 1, 2, 1));  // windows that see each pixel
}

TEST(Col2im, AddsTheTilesOfAnImageTogether) {
  const ConvolutionShape shape = shape_of({1, 3, 3}, conv(1, {2, 2}));
  const std::vector<float> ones(8, 1.0F);
  std::vector<float> gradient(9, -1.0F);

  col2im(shape, {0, 1, 0, 2}, 0, ones.data(), gradient.data());
  col2im(shape, {0, 1, 2, 2}, 0, ones.data(), gradient.data());

  EXPECT_THAT(gradient, ElementsAre(1, 2, 1, 2, 4, 2, 1, 2, 1));
}

TEST(Gather, TakesTheFiltersOfAGroupOutOfTheBatch) {
  const ConvolutionShape shape = shape_of({2, 1, 2}, grouped(conv(2, {1, 1}), 2), 2);
  std::vector<float> matrix(4);

  gather(shape, {0, 2, 0, 2}, 1, std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8}.data(), matrix.data());

  EXPECT_THAT(matrix, ElementsAre(3, 4, 7, 8));
}

}  // namespace
}  // namespace cnnbench::gemm
