#include "harness/measure/statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

namespace cnnbench {
namespace {

struct MeanAndSd {
  double mean;
  double sd;
};

/// The two passes, in long double, with the second corrected for the rounding of the first (Chan, Golub &
/// LeVeque 1983, eq. 1.7).
MeanAndSd two_pass(const std::vector<double>& values) {
  const auto n = static_cast<long double>(values.size());
  const long double mean = std::accumulate(values.begin(), values.end(), 0.0L) / n;
  long double squares = 0;
  long double rest = 0;
  for (const double value : values) {
    const long double deviation = value - mean;
    squares += deviation * deviation;
    rest += deviation;
  }
  return {static_cast<double>(mean), static_cast<double>(std::sqrt((squares - rest * rest / n) / (n - 1)))};
}

double relative_error(double found, double expected) {
  return std::abs(found - expected) / std::abs(expected);
}

/// A million steps of 1 s ± 10 ns, uniform.
std::vector<double> steady_second() {
  std::mt19937_64 random(1);
  std::vector<double> values(1000000);
  for (double& value : values) value = 1 + 1e-8 * (std::ldexp(static_cast<double>(random() >> 11), -52) - 1);
  return values;
}

void expect_equals_two_passes(const std::vector<double>& values) {
  const MeanAndSd expected = two_pass(values);
  Welford welford;
  for (const double value : values) welford.add(value);
  EXPECT_LT(relative_error(welford.mean(), expected.mean), 1e-12);
  EXPECT_LT(relative_error(std::sqrt(welford.variance().value()), expected.sd), 1e-12);
}

TEST(Statistics, MeanAndSdEqualTwoPassesForAMillionStepsOfOneSecondWithinTenNanoseconds) {
  expect_equals_two_passes(steady_second());
}

TEST(Statistics, MeanAndSdEqualTwoPassesWhereTheTimesDrift) {
  std::vector<double> values = steady_second();
  std::sort(values.begin(), values.end());
  expect_equals_two_passes(values);
}

TEST(Statistics, MeanAndSdEqualTwoPassesAfterAVerySlowFirstStep) {
  std::vector<double> values = steady_second();
  values.front() = 100;
  expect_equals_two_passes(values);
}

TEST(Statistics, MeanAndSdEqualTwoPassesForTimesOfAllSizes) {
  std::mt19937_64 random(2);
  std::vector<double> values(10000);
  for (double& value : values) value = std::exp(static_cast<double>(random() % 1000) * 0.03 - 15);
  expect_equals_two_passes(values);
}

TEST(Statistics, SdOfTwoTimesInTurnIsTheKnownOne) {
  // 1 ± d in equal numbers: mean 1, sum of squares n·d².
  constexpr std::size_t n = 1000000;
  const double d = std::ldexp(1.0, -27);  // 7.5 ns
  std::vector<double> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = i % 2 == 0 ? 1 + d : 1 - d;

  const Summary summary = summarize(values);

  EXPECT_EQ(summary.mean, 1);
  EXPECT_LT(relative_error(summary.sd.value(), d * std::sqrt(n / (n - 1.0))), 1e-14);
}

TEST(Statistics, MergedPiecesEqualTwoPassesOverTheWhole) {
  const std::vector<double> values = steady_second();
  const MeanAndSd expected = two_pass(values);
  Welford merged;
  const std::vector<std::size_t> ends{0, 1, 1, 3, 1000, 500000, 999999, values.size()};
  for (std::size_t piece = 1; piece < ends.size(); ++piece) {
    Welford part;
    for (std::size_t i = ends[piece - 1]; i < ends[piece]; ++i) part.add(values[i]);
    merged.merge(part);
  }

  EXPECT_EQ(merged.count(), 1000000);
  EXPECT_LT(relative_error(merged.mean(), expected.mean), 1e-12);
  EXPECT_LT(relative_error(std::sqrt(merged.variance().value()), expected.sd), 1e-12);
}

TEST(Statistics, MergedRandomSplitsEqualTwoPassesOverTheWhole) {
  std::mt19937_64 random(2);
  std::lognormal_distribution<double> times(-3, 1);
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<double> values(2 + random() % 500);
    for (double& value : values) value = times(random);
    std::vector<Welford> parts(1 + random() % 7);
    for (const double value : values) parts[random() % parts.size()].add(value);
    Welford merged;
    for (const Welford& part : parts) merged.merge(part);

    const MeanAndSd expected = two_pass(values);
    EXPECT_EQ(merged.count(), static_cast<std::int64_t>(values.size()));
    EXPECT_LT(relative_error(merged.mean(), expected.mean), 1e-13);
    EXPECT_LT(relative_error(std::sqrt(merged.variance().value()), expected.sd), 1e-12);
  }
}

TEST(Statistics, MergingNothingChangesNothing) {
  Welford welford;
  welford.add(1);
  welford.add(3);
  welford.merge(Welford());
  Welford empty;
  empty.merge(welford);

  for (const Welford& one : {welford, empty}) {
    EXPECT_EQ(one.count(), 2);
    EXPECT_EQ(one.mean(), 2);
    EXPECT_EQ(one.variance(), 2);
  }
}

TEST(Statistics, ConstantTimesHaveExactlyThatMeanAndNoSd) {
  // A divisor one too large, or one sample lost, would show as a mean of 0.99 and an sd of a tenth of it.
  for (const double time : {1.0, 0.1, 1e-7, 3.3}) {
    const Summary summary = summarize(std::vector<double>(100, time));
    EXPECT_EQ(summary.n, 100);
    EXPECT_EQ(summary.mean, time);
    EXPECT_EQ(summary.sd, 0);
    EXPECT_DOUBLE_EQ(summary.total, 100 * time);
  }
}

TEST(Statistics, TotalLosesNothingOverAMillionSteps) {
  // 0.1 as a double is 0.1 + 5.55e-18, so that the exact sum rounds to 1e5; summed plainly it is off
  // by 1.3e-6.
  EXPECT_EQ(summarize(std::vector<double>(1000000, 0.1)).total, 1e5);
}

// Expected values by numpy 1.24 and scipy 1.10: quantile (linear), mean, std (ddof=1), median_abs_deviation.
TEST(Statistics, SummaryEqualsNumpyAndScipy) {
  const std::vector<double> samples{0.125, 0.131, 0.127,  0.204, 0.126,  0.129, 0.128,
                                    0.090, 0.130, 0.1275, 0.133, 0.1265, 0.31};

  const Summary summary = summarize(samples);

  EXPECT_EQ(summary.n, 13);
  EXPECT_DOUBLE_EQ(summary.mean, 0.14515384615384616);
  EXPECT_DOUBLE_EQ(summary.sd.value(), 0.05520733066336715);
  EXPECT_DOUBLE_EQ(summary.median, 0.128);
  EXPECT_DOUBLE_EQ(summary.median_interval.value().low, 0.126);   // 3rd
  EXPECT_DOUBLE_EQ(summary.median_interval.value().high, 0.133);  // 11th
  EXPECT_DOUBLE_EQ(summary.min, 0.090);
  EXPECT_DOUBLE_EQ(summary.max, 0.31);
  EXPECT_DOUBLE_EQ(summary.lower_quartile, 0.1265);
  EXPECT_DOUBLE_EQ(summary.upper_quartile, 0.131);
  EXPECT_DOUBLE_EQ(summary.p95, 0.24639999999999984);
  EXPECT_DOUBLE_EQ(summary.p99, 0.2972799999999999);
  EXPECT_NEAR(summary.mad, 0.002, 1e-15);
  EXPECT_EQ(summary.outliers, 3);  // 0.090, 0.204 and 0.31; still in every other figure
  EXPECT_DOUBLE_EQ(summary.total, 1.887);
}

TEST(Statistics, AnOutlierIsFurtherFromTheMedianThanThreeAndAHalfScaledMads) {
  // Median 3, MAD 1: the fences are at 3 ± 3.5·1.4826 = 3 ± 5.1891.
  EXPECT_EQ(summarize(std::vector<double>{1, 2, 3, 4, 8.189}).outliers, 0);
  EXPECT_EQ(summarize(std::vector<double>{1, 2, 3, 4, 8.190}).outliers, 1);
  EXPECT_EQ(summarize(std::vector<double>{-2.190, 2, 3, 4, 5}).outliers, 1);
}

// A clock that ticks too coarsely yields many equal times, a MAD of 0, and one tick more is no outlier.
TEST(Statistics, OutliersAreMoreThanThreeAndAHalfTicksOfTheClockAway) {
  const std::vector<double> one_tick_more{5, 5, 5, 5, 6};
  EXPECT_EQ(summarize(one_tick_more).outliers, 1);
  EXPECT_EQ(summarize(one_tick_more, 1).outliers, 0);
  EXPECT_EQ(summarize(std::vector<double>{5, 5, 5, 5, 9}, 1).outliers, 1);
}

TEST(Statistics, OneSampleHasNoSdAndNoInterval) {
  const Summary summary = summarize(std::vector<double>{0.25});

  EXPECT_EQ(summary.n, 1);
  EXPECT_EQ(summary.mean, 0.25);
  EXPECT_FALSE(summary.sd.has_value());
  EXPECT_FALSE(summary.median_interval.has_value());
  EXPECT_EQ(summary.median, 0.25);
  EXPECT_EQ(summary.p99, 0.25);
  EXPECT_EQ(summary.mad, 0);
  EXPECT_EQ(summary.total, 0.25);
}

TEST(Statistics, NoSamplesAreRefused) {
  EXPECT_THROW(summarize({}), std::invalid_argument);
  EXPECT_THROW(quantile({}, 0.5), std::invalid_argument);
}

TEST(Statistics, QuantilesInterpolateLinearly) {
  const std::vector<double> sorted{10, 20, 40, 80};
  EXPECT_EQ(quantile(sorted, 0), 10);
  EXPECT_EQ(quantile(sorted, 0.5), 30);
  EXPECT_EQ(quantile(sorted, 0.75), 50);
  EXPECT_EQ(quantile(sorted, 1), 80);
  EXPECT_THROW(quantile(sorted, 1.01), std::invalid_argument);
  EXPECT_THROW(quantile(sorted, -0.01), std::invalid_argument);
  EXPECT_THROW(quantile(sorted, std::nan("")), std::invalid_argument);
}

/// 1 … n in an order in which any part has as many small as large ones.
std::vector<double> well_mixed(std::size_t n) {
  std::vector<double> steps;
  for (std::size_t i = 0; i < n; ++i)
    steps.push_back(static_cast<double>(i % 2 == 0 ? 1 + i / 2 : n - i / 2));
  return steps;
}

TEST(Statistics, MedianIntervalHasTheRanksOfTheBinomialDistribution) {
  // n and lower rank. Nair 1940 for (6, 1), (10, 2), (20, 6), (25, 8); all of them scipy.stats.binom.cdf(k -
  // 1, n, 1/2)
  // <= 0.025 for the largest k.
  const std::vector<std::pair<std::size_t, int>> ranks{
      {6, 1},      {7, 1},       {8, 1},        {9, 2},          {10, 2},          {11, 2},    {12, 3},
      {13, 3},     {14, 3},      {15, 4},       {16, 4},         {17, 5},          {18, 5},    {19, 5},
      {20, 6},     {21, 6},      {22, 6},       {23, 7},         {24, 7},          {25, 8},    {26, 8},
      {27, 8},     {28, 9},      {29, 9},       {30, 10},        {37, 13},         {39, 13},   {40, 14},
      {50, 18},    {99, 40},     {100, 40},     {101, 41},       {200, 86},        {500, 228}, {1000, 469},
      {1001, 470}, {4096, 1985}, {10000, 4902}, {100000, 49690}, {1000000, 499020}};
  for (const auto& [n, lower] : ranks) {
    const Interval interval = median_interval(well_mixed(n)).value();
    EXPECT_EQ(interval.low, lower) << n;
    EXPECT_EQ(interval.high, static_cast<double>(n) + 1 - lower) << n;
  }
}

TEST(Statistics, MedianIntervalRanksUpToTwoThousandSamplesEqualExactIntegerSums) {
  // Sum of all ranks for n = 0 … 2000, from binomial sums in integers of any size: every single rank counts.
  MedianIntervalRank rank;
  std::int64_t sum = 0;
  std::int64_t weighted = 0;
  for (std::int64_t n = 1; n <= 2000; ++n) {
    rank.next();
    sum += rank.lower();
    weighted += n * rank.lower();
  }
  EXPECT_EQ(sum, 942059);
  EXPECT_EQ(weighted % 1000003, 172740);
}

// The coverage is that of the binomial distribution whatever the samples' distribution: 0.9688 for n = 6,
// 0.9785 for 10, 0.9648 for 100 (scipy.stats.binom); where batches tell more, it may be above. Within four
// standard errors of a simulation.
TEST(Statistics, MedianIntervalsHoldTheMedianAsOftenAsTheySay) {
  std::mt19937_64 random(3);
  std::lognormal_distribution<double> skewed(0, 1.5);  // its median is 1
  const std::vector<std::pair<std::size_t, double>> coverages{{6, 0.96875}, {10, 0.978516}, {100, 0.964800}};
  for (const auto& [n, coverage] : coverages) {
    constexpr int runs = 20000;
    int covered = 0;
    std::vector<double> steps(n);
    for (int run = 0; run < runs; ++run) {
      for (double& value : steps) value = skewed(random);
      const Interval interval = median_interval(steps).value();
      covered += interval.low <= 1 && 1 <= interval.high ? 1 : 0;
    }
    const double found = static_cast<double>(covered) / runs;
    EXPECT_GE(found, coverage - 4 * std::sqrt(coverage * (1 - coverage) / runs)) << n;
    EXPECT_LE(found, 0.99) << n;
  }
}

TEST(Statistics, FewerThanSixSamplesHaveNoMedianInterval) {
  const std::vector<double> sorted{1, 2, 3, 4, 5};
  for (std::size_t n = 0; n <= sorted.size(); ++n) EXPECT_FALSE(median_interval(std::span(sorted).first(n)));
}

/// In what share of runs the interval of the median holds 1, of steps that are exp(sd of what they share with
/// others + their own); `shared` makes what they share, one value a step, of sd 1.
template <typename Shared>
double coverage(std::size_t n, const Shared& shared) {
  std::mt19937_64 random(5);
  std::normal_distribution<double> normal;
  constexpr int runs = 2000;
  int held = 0;
  for (int run = 0; run < runs; ++run) {
    std::vector<double> steps = shared(random, n);
    for (double& step : steps) step = std::exp(0.03 * step + 0.01 * normal(random));
    const auto interval = median_interval(steps);
    held += !interval || (interval->low <= 1 && interval->high >= 1) ? 1 : 0;
  }
  return held / double{runs};
}

std::vector<double> bursts_of_ten(std::mt19937_64& random, std::size_t n) {
  std::normal_distribution<double> normal;
  std::vector<double> values;
  double burst = 0;
  for (std::size_t i = 0; i < n; ++i) values.push_back(i % 10 == 0 ? burst = normal(random) : burst);
  return values;
}

std::vector<double> like_the_one_before(std::mt19937_64& random, std::size_t n) {
  std::normal_distribution<double> normal;
  std::vector<double> values{normal(random)};
  while (values.size() < n) values.push_back(0.8 * values.back() + 0.6 * normal(random));
  return values;
}

TEST(Statistics, MedianIntervalsHoldTheMedianWhereStepsHangTogether) {
  for (const std::size_t n : {100U, 200U, 1000U}) {
    EXPECT_GE(coverage(n, bursts_of_ten), 0.92) << n;
    EXPECT_GE(coverage(n, like_the_one_before), n < 200 ? 0.90 : 0.92) << n;
  }
}

TEST(Statistics, MedianIntervalsOfFewStepsTakeThemForIndependent) {
  std::vector<double> climbing(19);
  std::iota(climbing.begin(), climbing.end(), 1.0);
  EXPECT_EQ(median_interval(climbing).value().low, 5);
  climbing.push_back(20);  // the share of steps below the median is 1 in five batches and 0 in five
  EXPECT_EQ(median_interval(climbing).value().low, 2);
}

TEST(Statistics, AMedianThatManyStepsShareIsItsOwnInterval) {
  std::vector<double> ticks(100, 3.0);
  ticks[5] = 2;
  ticks[50] = 4;
  const Interval interval = median_interval(ticks).value();
  EXPECT_EQ(interval.low, 3);
  EXPECT_EQ(interval.high, 3);
}

}  // namespace
}  // namespace cnnbench
