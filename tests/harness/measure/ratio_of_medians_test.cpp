#include "harness/measure/ratio_of_medians.h"

#include <gmock/gmock.h>

#include <cmath>
#include <random>
#include <vector>

namespace cnnbench {
namespace {

/// Steps of a time around 1: each log-normal about what the step before and a drift make likely.
std::vector<double> steps_around_one(std::mt19937& random, std::size_t n, double sd, double correlation,
                                     const std::vector<double>& drift) {
  std::normal_distribution<double> normal;
  std::vector<double> steps;
  double state = normal(random);
  for (std::size_t i = 0; i < n; ++i) {
    steps.push_back(std::exp(sd * state + (drift.empty() ? 0 : drift[i])));
    state = correlation * state + std::sqrt(1 - correlation * correlation) * normal(random);
  }
  return steps;
}

/// In what share of pairs of equal subjects the interval of the ratio holds 1.
double coverage(std::size_t n, double correlation, double drift_sd) {
  std::mt19937 random(20261121);
  std::normal_distribution<double> normal;
  constexpr int trials = 2000;
  int held = 0;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<double> drift;  // slow steps of the machine, which fall on both
    for (std::size_t i = 0; i < n && drift_sd > 0; ++i) drift.push_back(drift_sd * normal(random));
    const auto a = bounds_of_median(steps_around_one(random, n, 0.05, correlation, drift));
    const auto b = bounds_of_median(steps_around_one(random, n, 0.05, correlation, drift));
    const auto ratio = ratio_of_medians(a, b);
    if (!ratio || (ratio->low <= 1 && ratio->high >= 1)) ++held;
  }
  return held / double{trials};
}

TEST(BoundsOfMedian, AreTheRanksOfABinomialTable) {
  // P(X <= 5) = 0.0207 and P(X <= 4) = 0.0059 for 20 tosses; 0.0059 <= 0.0125 < 0.0207: ranks 5 and 16.
  std::vector<double> samples;
  for (int i = 0; i < 20; ++i) samples.push_back((i * 7) % 20 + 1);
  const auto bounds = bounds_of_median(samples);
  ASSERT_TRUE(bounds);
  EXPECT_EQ(bounds->low, 5);
  EXPECT_EQ(bounds->high, 16);
}

TEST(BoundsOfMedian, NeedSevenSteps) {
  // 2 · 2^-6 is above 2.5 %, 2 · 2^-7 is not.
  const std::vector<double> samples{3, 1, 2, 7, 5, 4, 6};
  EXPECT_FALSE(bounds_of_median(std::span(samples).first(6)));
  ASSERT_TRUE(bounds_of_median(samples));
  EXPECT_EQ(bounds_of_median(samples)->low, 1);
  EXPECT_EQ(bounds_of_median(samples)->high, 7);
}

TEST(BoundsOfMedian, AreWiderWhereStepsAreLikeTheStepBefore) {
  std::mt19937 random(7);
  const std::vector<double> hanging = steps_around_one(random, 200, 0.05, 0.7, {});
  std::vector<double> shuffled = hanging;
  std::shuffle(shuffled.begin(), shuffled.end(), random);
  const auto wide = bounds_of_median(hanging), narrow = bounds_of_median(shuffled);
  ASSERT_TRUE(wide && narrow);
  EXPECT_GT(wide->high - wide->low, 1.7 * (narrow->high - narrow->low));
  EXPECT_LE(wide->low, narrow->low);
  EXPECT_GE(wide->high, narrow->high);
}

TEST(BoundsOfMedian, AreNoneWhereStepsOnlyClimb) {
  std::vector<double> climbing;
  for (int i = 0; i < 50; ++i) climbing.push_back(i);
  EXPECT_FALSE(bounds_of_median(climbing));
}

TEST(RatioOfMedians, TakesTheFarthestEnds) {
  const auto ratio = ratio_of_medians(Interval{2, 3}, Interval{4, 8});
  ASSERT_TRUE(ratio);
  EXPECT_DOUBLE_EQ(ratio->low, 0.25);
  EXPECT_DOUBLE_EQ(ratio->high, 0.75);
}

TEST(RatioOfMedians, IsNoneWithoutBothOrAboveNought) {
  EXPECT_FALSE(ratio_of_medians(std::nullopt, Interval{1, 2}));
  EXPECT_FALSE(ratio_of_medians(Interval{1, 2}, std::nullopt));
  EXPECT_FALSE(ratio_of_medians(Interval{1, 2}, Interval{0, 2}));
}

TEST(RatioOfMedians, HoldsTheTrueRatioInAtLeast95PerCentOfRuns) {
  for (const std::size_t n : {10U, 21U, 100U}) {
    EXPECT_GE(coverage(n, 0, 0), 0.98) << n;     // conservative: independent samples need less
    EXPECT_GE(coverage(n, 0, 0.05), 0.98) << n;  // what both have in common does no harm
  }
  EXPECT_GE(coverage(100, 0.4, 0), 0.95);
  EXPECT_GE(coverage(100, 0.7, 0), 0.95);
}

TEST(RatioOfMedians, FindsADifferenceOfTwoPerCentAmongStepsOfOnePerCent) {
  std::mt19937 random(3);
  int found = 0;
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<double> slow = steps_around_one(random, 50, 0.01, 0, {});
    for (double& step : slow) step *= 1.02;
    const auto ratio =
        ratio_of_medians(bounds_of_median(slow), bounds_of_median(steps_around_one(random, 50, 0.01, 0, {})));
    if (ratio && ratio->low > 1) ++found;
  }
  EXPECT_GE(found, 195);
}

}  // namespace
}  // namespace cnnbench
