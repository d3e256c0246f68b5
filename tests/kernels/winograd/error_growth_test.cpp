// The growth of errors, against the formula evaluated by hand, and against the errors that really occur.
//
// Squares of the rows of the matrices (a row of G may be multiplied by what B's is divided by), for points 0,
// 1, -1, 1/2, -2, infinity:
//   |G|² = 1, 1/3, 1/3, 336/225, 21/225, 1
//   |B|² = 10.5, 8.5, 8.5, 10, 2.5, 10.5
//   |A|² = 1, 4, 4, 1.328125, 85, 1
// Of tiles of F(6×6, 3×3), for points 0, ±1, ±1/2, ±2, infinity:
//   |G|² = 1, 12/81, 1344/2025, 21/8100, 1
//   |B|² = 57.125, 40.125, 52.5, 13.125, 57.125
//   |A|² = 1, 6, 1365/1024, 1365, 1
// Of small tiles, for points 0, 1, -1, infinity, with the same G:
//   |B|² = 2, 4.5, 4.5, 2
//   |A|² = 1, 2, 2, 1
#include "kernels/winograd/error_growth.h"

#include <gtest/gtest.h>

#include "tests/kernels/winograd/direct.h"
#include "tests/kernels/winograd/runs.h"

namespace cnnbench::winograd {
namespace {

// The first of a tile's outputs: A² is 1 but for the last row, so the sum over l is
// 10.5 + 2·8.5/3 + 10·336/225 + 2.5·21/225 = 94/3, of 3 terms. The last one's is the same, with A² = 0, 1, 1,
// 1/64, 64, 1; the others' are smaller.
TEST(WinogradErrorGrowth, OfWholeTilesIsTheFormulas) {
  const Shape shape{1, 8, 8, 10, 14, 8, 12, 0, 0};

  EXPECT_NEAR(forward_error_growth(shape), 94.0 / 9, 1e-12);
}

// The first tap: G² = 1, 1/9, 1/9, 256/225, 1/225, 0, so that the sum over l is
// 10.5 + 2·4·8.5/9 + 256/225·1.328125·10 + 85·2.5/225 = 307/9, of 4 terms.
TEST(WinogradErrorGrowth, OfWholeTilesInBackwardWeightsIsTheFormulas) {
  const Shape shape{1, 8, 8, 10, 14, 8, 12, 0, 0};

  EXPECT_NEAR(weights_error_growth(shape), 307.0 / 36, 1e-12);
}

// 57.125 + 2·40.125·12/81 + 2·52.5·1344/2025 + 2·13.125·21/8100 = 6661/48, of 3 terms.
TEST(WinogradErrorGrowth, OfTheLargestTilesIsTheFormulas) {
  const Shape shape{1, 8, 8, 14, 20, 12, 18, 0, 0, 2};

  EXPECT_NEAR(forward_error_growth(shape), 6661.0 / 144, 1e-12);
}

// The first tap: G² = 1, 4/81 twice, 1024/2025 twice, 1/8100 twice, 0, so that the sum over l is 57.125 +
// 2·6·40.125·4/81 + 2·1365/1024·52.5·1024/2025 + 2·1365·13.125/8100 = 7493/48, of 6 terms.
TEST(WinogradErrorGrowth, OfTheLargestTilesInBackwardWeightsIsTheFormulas) {
  const Shape shape{1, 8, 8, 14, 20, 12, 18, 0, 0, 2};

  EXPECT_NEAR(weights_error_growth(shape), 7493.0 / 288, 1e-12);
}

// Eight outputs a line, a tile of six and one of two: the worst is of the first.
TEST(WinogradErrorGrowth, OfTilesOfTwoSizesIsThatOfTheWorstOutput) {
  EXPECT_NEAR(forward_error_growth({1, 8, 8, 10, 10, 8, 8, 0, 0, 2}), 6661.0 / 144, 1e-12);
}

// Either output: 2 + 2·4.5/3 = 5, of 3 terms.
TEST(WinogradErrorGrowth, OfSmallTilesIsTheFormulas) {
  EXPECT_NEAR(forward_error_growth({1, 8, 8, 4, 4, 2, 2, 0, 0}), 5.0 / 3, 1e-12);
}

// The first tap: 2 + 2·2·4.5/9 = 4, of 2 terms.
TEST(WinogradErrorGrowth, OfSmallTilesInBackwardWeightsIsTheFormulas) {
  EXPECT_NEAR(weights_error_growth({1, 8, 8, 4, 4, 2, 2, 0, 0}), 2, 1e-12);
}

// An image of one pixel, which is input 1 of a small tile. B² in that column is 0, 2.25, 2.25, 1; the one
// output has one term: 2·2.25/3 = 1.5.
TEST(WinogradErrorGrowth, OfOnePixelCountsWhatIsInside) {
  EXPECT_NEAR(forward_error_growth({1, 8, 8, 1, 1, 1, 1, 1, 1}), 1.5, 1e-12);
}

// The same backwards: |A|² = 1, 1, 1, 0, and only the tap in the middle has a term, a third a tap. The others
// have none, and errors all the same: 2·2.25/9 = 0.5 against the mean of 1/3.
TEST(WinogradErrorGrowth, OfAResultWithoutTermsIsRelativeToTheMean) {
  EXPECT_NEAR(weights_error_growth({1, 8, 8, 1, 1, 1, 1, 1, 1}), 1.5, 1e-12);
}

// Five pixels, padding of two, five outputs, so two tiles. Of the first one's inputs 2 to 5 are inside, |B|²
// = 7.25, 7.5, 7.5, 6, 2.25, 9.5; so output 0 has 7.25 + 5 + 6·336/225 + 2.25·21/225 = 21.42 with 1 term,
// output 3 5 + 6·336/225/64 + 64·2.25·21/225 + 9.5 = 28.08 with 3. In all there are 1 + 2 + 3 + 3 + 3
// terms, 2.4 an output. In two dimensions output (0, 3) is the worst, whose 3 terms are fewer than the mean
// of 2.4².
TEST(WinogradErrorGrowth, OfTwoTilesIsThatOfTheWorstOutput) {
  const Shape two_dimensions{1, 8, 8, 5, 5, 5, 5, 2, 2};
  const Shape one_pixel_wide{1, 8, 8, 5, 1, 5, 1, 2, 1};

  EXPECT_NEAR(forward_error_growth(two_dimensions), std::sqrt(21.42 * 28.08) / 2.4, 1e-12);
  EXPECT_NEAR(forward_error_growth(one_pixel_wide), std::sqrt(28.08 / 3 * 1.5), 1e-12);
}

TEST(WinogradErrorGrowth, IsNeverBelowThatOfDirectSums) {
  const Shape all_outside{1, 8, 8, 4, 4, 4, 4, 20, 20};

  EXPECT_EQ(forward_error_growth(all_outside), 1);
  EXPECT_EQ(weights_error_growth(all_outside), 1);
}

/// Root of the mean square of the errors, in units of what direct sums with random roundings would have:
/// each rounding's standard deviation is at most the unit roundoff.
double measured_growth(const std::vector<float>& found, const Sums& expected) {
  double squares = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double error = static_cast<double>(found[i]) - expected[i].value;
    squares += error * error / static_cast<double>(found.size());
  }
  return std::sqrt(squares / mean_squares(expected)) / 0x1p-24;
}

TEST(WinogradErrorGrowth, IsAboveThatOfRealErrorsOnAverage) {
  for (const Shape& s : {Shape{2, 16, 16, 26, 26, 24, 24, 0, 0}, Shape{2, 32, 16, 12, 12, 12, 12, 1, 1},
                         Shape{5, 8, 33, 9, 7, 9, 7, 1, 1}, Shape{1, 3, 70, 5, 5, 7, 7, 2, 2}}) {
    const Plain src = random_plain(s.batch, s.in_channels, s.in_height, s.in_width, 1);
    const Plain weights = random_plain(s.out_channels, s.in_channels, 3, 3, 2);
    const Plain gradient = random_plain(s.batch, s.out_channels, s.out_height, s.out_width, 4);
    for (const Way& way : ways({1})) {
      const double forward =
          measured_growth(run_forward(s, way, src, weights, {}).values, direct_forward(s, src, weights));
      const double data = measured_growth(run_backward_data(s, way, gradient, weights).values,
                                          direct_backward_data(s, gradient, weights));
      const double backward =
          measured_growth(run_backward_weights(s, way, src, nullptr, gradient, false).values,
                          direct_backward_weights(s, src, gradient));

      EXPECT_GT(forward, 0) << way.name();
      EXPECT_LT(forward, forward_error_growth(way.in_tiles(s))) << way.name();
      EXPECT_LT(data, forward_error_growth(way.in_tiles(s).backward_data())) << way.name();
      EXPECT_LT(backward, weights_error_growth(way.in_tiles(s))) << way.name();
    }
  }
}

}  // namespace
}  // namespace cnnbench::winograd
