#include "harness/measure/ratio_interval.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace cnnbench {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

/// How simulated steps hang together. All sd are of the logarithm of a time around 1.
struct Dependence {
  double step_sd = 0.05;
  double burst_sd = 0;      ///< what all steps of a burst share
  double burst_memory = 0;  ///< correlation of what successive bursts share
  double machine_sd = 0;    ///< what both subjects share in a step
};

std::vector<double> steps_around_one(std::mt19937& random, std::size_t n, const Dependence& dependence,
                                     const std::vector<double>& machine) {
  std::normal_distribution<double> normal;
  std::vector<double> steps;
  double burst = normal(random);
  for (std::size_t i = 0; i < n; ++i) {
    const double memory = dependence.burst_memory;
    if (i % 5 == 0) burst = memory * burst + std::sqrt(1 - memory * memory) * normal(random);
    steps.push_back(std::exp(dependence.step_sd * normal(random) + dependence.burst_sd * burst + machine[i]));
  }
  return steps;
}

/// In what share of pairs of equal subjects the interval of the ratio holds 1.
double coverage(std::size_t n, const Dependence& dependence) {
  std::mt19937 random(20261121);
  std::normal_distribution<double> normal;
  constexpr int trials = 2000;
  int held = 0;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<double> machine(n);
    for (double& value : machine) value = dependence.machine_sd * normal(random);
    const std::vector<double> a = steps_around_one(random, n, dependence, machine);
    const auto found = compare_turns(a, steps_around_one(random, n, dependence, machine));
    if (found->interval->low <= 1 && found->interval->high >= 1) ++held;
  }
  return held / double{trials};
}

/// Steps of bursts with these medians, the others of each burst spread around it.
std::vector<double> bursts(const std::vector<double>& medians) {
  std::vector<double> steps;
  for (const double median : medians)
    for (const double factor : {1.5, 0.5, 1.0, 0.9, 7.0}) steps.push_back(factor * median);
  return steps;
}

TEST(RatioInterval, OfOneProgramHasNoSpreadOfPlacement) {
  const std::vector<double> twos(40, 2.0);
  const std::vector<double> ones(40, 1.0);
  const auto different = compare_turns(twos, ones, 0).value();
  EXPECT_DOUBLE_EQ(different.interval->low, 2);
  EXPECT_DOUBLE_EQ(different.interval->high, 2);
  EXPECT_EQ(different.p, 0);
  EXPECT_EQ(compare_turns(twos, twos, 0)->p, 1);
}

TEST(RatioInterval, IsThatOfATrimmedMeanOfTheLogarithmsOfTheBurstsRatios) {
  // scipy: y = log([2, 2.2, 1.9, 2.1, 2.05]); m = stats.trim_mean(y, 0.2); e = sd of
  // stats.mstats.winsorize(y, (0.2, 0.2)) / (0.6 √5); t = √(e² + 0.01²); d = 2 (t / e)⁴; exp(m),
  // exp(m ± stats.t.ppf(0.975, d) t), 2 stats.t.sf(m / t, d).
  const auto found = compare_turns(bursts({2, 4.4, 1.9, 6.3, 2.05}), bursts({1, 2, 1, 3, 1})).value();
  EXPECT_NEAR(found.ratio, 2.049593415300721, 1e-12);
  EXPECT_NEAR(found.interval->low, 1.9265321830587965, 1e-9);
  EXPECT_NEAR(found.interval->high, 2.180515438560866, 1e-9);
  EXPECT_NEAR(found.p.value() / 1.9162194927993645e-05, 1, 1e-8);
}

TEST(RatioInterval, IsNotDecidedByAFewDisturbedBursts) {
  std::mt19937 random(5);
  std::vector<double> slow = steps_around_one(random, 200, {.step_sd = 0.02}, std::vector<double>(200));
  const std::vector<double> other =
      steps_around_one(random, 200, {.step_sd = 0.02}, std::vector<double>(200));
  for (std::size_t i = 0; i < slow.size(); ++i) slow[i] *= i % 50 < 5 ? 0.2 : 1.05;
  const auto found = compare_turns(slow, other);
  EXPECT_NEAR(found->ratio, 1.05, 0.01);
  EXPECT_LT(found->p.value(), 0.001);
}

TEST(RatioInterval, NeedsFourBursts) {
  const std::vector<double> steps = bursts({3, 1, 2, 7});
  const std::vector<double> ones(20, 1.0);
  const auto three = compare_turns(std::span(steps).first(19), ones);
  ASSERT_TRUE(three);
  EXPECT_NEAR(three->ratio, std::cbrt(6), 1e-12);
  EXPECT_FALSE(three->interval);
  EXPECT_FALSE(three->p);
  EXPECT_TRUE(compare_turns(steps, ones)->interval);
}

TEST(RatioInterval, OfLessThanABurstTheStepsThatThereAre) {
  const std::vector<double> three{2, 4, 3};
  const std::vector<double> two{1, 2};
  EXPECT_NEAR(compare_turns(three, two)->ratio, 3 / 1.5, 1e-12);
  EXPECT_FALSE(compare_turns({}, two));
}

TEST(RatioInterval, LeavesOutWhatOneHasMoreOf) {
  std::vector<double> longer = bursts({2, 2, 2, 2});
  longer.insert(longer.end(), 50, 100.0);
  const auto found = compare_turns(longer, bursts({1, 1, 1, 1}));
  EXPECT_DOUBLE_EQ(found->ratio, 2);
}

TEST(RatioInterval, IsWiderWhereBurstsAreLikeTheOneBefore) {
  std::mt19937 random(7);
  std::vector<double> hanging = steps_around_one(random, 1000, {0.01, 0.2, 0.9}, std::vector<double>(1000));
  const std::vector<double> ones(1000, 1.0);
  const auto wide = compare_turns(hanging, ones);
  std::shuffle(hanging.begin(), hanging.end(), random);
  const auto narrow = compare_turns(hanging, ones);
  EXPECT_GT(wide->interval->high - wide->interval->low, 2 * (narrow->interval->high - narrow->interval->low));
}

TEST(RatioInterval, OfStepsThatAreAllAlikeIsWhatPlacementMayDo) {
  // exp(± stats.t.ppf(0.975, 1e4) 0.01)
  const std::vector<double> twos(40, 2.0);
  const std::vector<double> ones(40, 1.0);
  const auto different = compare_turns(twos, ones).value();
  EXPECT_NEAR(different.interval->low, 2 * 0.9805888578644978, 1e-9);
  EXPECT_NEAR(different.interval->high, 2 * 1.0197953933290405, 1e-9);
  EXPECT_LT(different.p.value(), 1e-12);
  const auto equal = compare_turns(twos, twos).value();
  EXPECT_NEAR(equal.interval->low, 0.9805888578644978, 1e-9);
  EXPECT_EQ(equal.p, 1);
}

TEST(PlacementSd, IsASmallTimeWhereThereAreFewInstances) {
  EXPECT_DOUBLE_EQ(placement_sd(1, 0.01), std::hypot(0.01, 0.05, 0.0001));
  EXPECT_DOUBLE_EQ(placement_sd(4, 1e-5), std::hypot(0.01, 0.025, 0.05));
  EXPECT_EQ(placement_sd(8, 1e-5), 0.01);
}

TEST(RatioInterval, IsNoneWhereABurstTookNoTime) {
  std::vector<double> nought(40, 1.0);
  const std::vector<double> ones = nought;
  nought[7] = 0;  // one step: the burst's median is 1 all the same
  EXPECT_TRUE(compare_turns(nought, ones));
  nought[5] = nought[9] = 0;
  EXPECT_FALSE(compare_turns(nought, ones));
  EXPECT_FALSE(compare_turns(ones, nought));
}

TEST(RatioInterval, HoldsTheTrueRatioIn95PerCentOfRuns) {
  for (const std::size_t n : {20U, 40U, 100U, 200U, 1000U}) {
    EXPECT_GE(coverage(n, {}), 0.935) << n;
    EXPECT_GE(coverage(n, {.machine_sd = 0.5}), 0.935) << n;  // what both have in common does no harm
    // Steps of a burst hang together: an ICC of 0.3 and of 0.8.
    EXPECT_GE(coverage(n, {.burst_sd = 0.033}), 0.935) << n;
    EXPECT_GE(coverage(n, {.burst_sd = 0.1}), 0.935) << n;
  }
  for (const std::size_t n : {200U, 1000U})  // and so do bursts
    EXPECT_GE(coverage(n, {.burst_sd = 0.1, .burst_memory = 0.3}), 0.91) << n;
  EXPECT_GE(coverage(1000, {.burst_sd = 0.1, .burst_memory = 0.7}), 0.91);
}

TEST(RatioInterval, FindsADifferenceOfFivePerCentUnderADriftOfTwenty) {
  std::mt19937 random(3);
  std::normal_distribution<double> normal;
  int found = 0;
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<double> machine(100);
    double state = normal(random);
    for (double& value : machine)
      value = 0.2 * (state = 0.95 * state + std::sqrt(1 - 0.95 * 0.95) * normal(random));
    std::vector<double> slow = steps_around_one(random, 100, {.step_sd = 0.01}, machine);
    for (double& step : slow) step *= 1.05;
    const auto turns = compare_turns(slow, steps_around_one(random, 100, {.step_sd = 0.01}, machine));
    if (turns->interval->low > 1) ++found;
  }
  EXPECT_GE(found, 195);
}

TEST(Holm, CorrectsForTheNumberOfTests) {
  // R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm").
  const std::vector<double> ps{0.01, 0.04, 0.03, 0.005};
  EXPECT_THAT(holm(ps), ElementsAre(DoubleNear(0.03, 1e-15), DoubleNear(0.06, 1e-15), DoubleNear(0.06, 1e-15),
                                    DoubleNear(0.02, 1e-15)));
  EXPECT_THAT(holm(std::vector<double>{0.5, 0.5}), ElementsAre(1, 1));
  EXPECT_TRUE(holm({}).empty());
}

}  // namespace
}  // namespace cnnbench
