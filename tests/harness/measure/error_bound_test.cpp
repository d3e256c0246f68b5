#include "harness/measure/error_bound.h"

#include <gtest/gtest.h>

#include <random>

namespace cnnbench {
namespace {

/// The sum of n products in f32, and its error and Σ x² of everything that was rounded, in double.
struct Sum {
  double error = 0;
  double rounded_squares = 0;
};

Sum accumulate(std::mt19937_64& generator, int n, double mean) {
  std::normal_distribution<float> distribution(static_cast<float>(mean), 1);
  float rounded = 0;
  double exact = 0;
  Sum sum;
  for (int i = 0; i < n; ++i) {
    const float a = distribution(generator);
    const float b = distribution(generator);
    const float product = a * b;
    rounded += product;
    const double term = static_cast<double>(a) * static_cast<double>(b);
    exact += term;
    sum.rounded_squares += term * term + exact * exact;
  }
  sum.error = std::abs(static_cast<double>(rounded) - exact);
  return sum;
}

TEST(ErrorBound, HoldsForSequentialSumsOfAnyLengthAndIsNoMoreThanThirtyTimesTheirWorst) {
  std::mt19937_64 generator(1);
  for (const double mean : {0.0, 1.0})
    for (const int n : {1, 10, 100, 1000, 10000}) {
      double worst = 0;
      constexpr int sums = 300;
      for (int i = 0; i < sums; ++i) {
        const Sum sum = accumulate(generator, n, mean);
        worst = std::max(worst, sum.error / error_bound(sum.rounded_squares, sums));
      }
      EXPECT_LE(worst, 1.0) << n << " terms of mean " << mean;
      EXPECT_GE(worst, 1.0 / 30) << n << " terms of mean " << mean;
    }
}

TEST(ErrorBound, GrowsWithTheRootOfTheChanceAndOfTheSquares) {
  const double one = error_bound(1.0, 1);

  EXPECT_NEAR(one, std::sqrt(2 * std::log(2e9)) * 0x1p-24, 1e-15);
  EXPECT_NEAR(error_bound(4.0, 1), 2 * one, 1e-15);
  EXPECT_GT(error_bound(1.0, 1000000), one);
}

TEST(ErrorBound, OfAnExactResultIsTheSmallestNormalNumber) {
  EXPECT_EQ(error_bound(0, 100), static_cast<double>(std::numeric_limits<float>::min()));
}

}  // namespace
}  // namespace cnnbench
