#include "harness/measure/ratio_interval.h"

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
    const std::vector<double> a = steps_around_one(random, n, 0.05, correlation, drift);
    const auto ratio = ratio_interval(a, steps_around_one(random, n, 0.05, correlation, drift));
    if (!ratio || (ratio->low <= 1 && ratio->high >= 1)) ++held;
  }
  return held / double{trials};
}

TEST(RatioInterval, HasTheRanksOfABinomialTable) {
  // P(X <= 5) = 0.0207 and P(X <= 6) = 0.0577 for 20 tosses; 0.0207 <= 0.025 < 0.0577: ranks 6 and 15.
  std::vector<double> numerator;
  std::vector<double> denominator;
  for (int i = 0; i < 20; ++i) {
    denominator.push_back(1 + i % 3);
    numerator.push_back(denominator.back() * ((i * 7) % 20 + 1));
  }
  const auto ratio = ratio_interval(numerator, denominator);
  ASSERT_TRUE(ratio);
  EXPECT_DOUBLE_EQ(ratio->low, 6);
  EXPECT_DOUBLE_EQ(ratio->high, 15);
}

TEST(RatioInterval, NeedsSixSteps) {
  // 2 · 2^-5 is above 5 %, 2 · 2^-6 is not.
  const std::vector<double> samples{3, 1, 2, 7, 5, 4, 6};
  const std::vector<double> ones(7, 1.0);
  EXPECT_FALSE(ratio_interval(std::span(samples).first(5), ones));
  const auto ratio = ratio_interval(std::span(samples).first(6), ones);
  ASSERT_TRUE(ratio);
  EXPECT_EQ(ratio->low, 1);
  EXPECT_EQ(ratio->high, 7);
}

TEST(RatioInterval, LeavesOutWhatOneHasMoreOf) {
  const std::vector<double> seven{2, 2, 2, 2, 2, 2, 100};
  const std::vector<double> six{1, 1, 1, 1, 1, 1};
  const auto ratio = ratio_interval(seven, six);
  ASSERT_TRUE(ratio);
  EXPECT_EQ(ratio->high, 2);
}

TEST(RatioInterval, IsWiderWhereRatiosAreLikeTheOneBefore) {
  std::mt19937 random(7);
  const std::vector<double> hanging = steps_around_one(random, 200, 0.05, 0.7, {});
  const std::vector<double> ones(200, 1.0);
  std::vector<double> shuffled = hanging;
  std::shuffle(shuffled.begin(), shuffled.end(), random);
  const auto wide = ratio_interval(hanging, ones);
  const auto narrow = ratio_interval(shuffled, ones);
  ASSERT_TRUE(wide && narrow);
  EXPECT_GT(wide->high - wide->low, 1.7 * (narrow->high - narrow->low));
  EXPECT_LE(wide->low, narrow->low);
  EXPECT_GE(wide->high, narrow->high);
}

TEST(RatioInterval, IsNoneWhereRatiosOnlyClimbOrAStepTookNoTime) {
  std::vector<double> climbing;
  for (int i = 1; i <= 50; ++i) climbing.push_back(i);
  const std::vector<double> ones(50, 1.0);
  std::vector<double> nought = ones;
  nought[7] = 0;
  EXPECT_FALSE(ratio_interval(climbing, ones));
  EXPECT_FALSE(ratio_interval(ones, nought));
  EXPECT_FALSE(ratio_interval(nought, ones));
}

TEST(RatioInterval, HoldsTheTrueRatioInAbout95PerCentOfRuns) {
  for (const std::size_t n : {10U, 21U, 100U}) {
    EXPECT_GE(coverage(n, 0, 0), 0.94) << n;
    EXPECT_GE(coverage(n, 0, 0.5), 0.94) << n;  // what both have in common does no harm
  }
  EXPECT_GE(coverage(100, 0.4, 0), 0.92);
  EXPECT_GE(coverage(100, 0.7, 0), 0.92);
}

TEST(RatioInterval, FindsADifferenceOfTwoPerCentUnderADriftOfTwenty) {
  std::mt19937 random(3);
  int found = 0;
  for (int trial = 0; trial < 200; ++trial) {
    const std::vector<double> drift = steps_around_one(random, 50, 0.2, 0.95, {});
    std::vector<double> slow = steps_around_one(random, 50, 0.01, 0, drift);
    for (double& step : slow) step *= 1.02;
    const auto ratio = ratio_interval(slow, steps_around_one(random, 50, 0.01, 0, drift));
    if (ratio && ratio->low > 1) ++found;
  }
  EXPECT_GE(found, 195);
}

}  // namespace
}  // namespace cnnbench
