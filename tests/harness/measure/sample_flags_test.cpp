#include "harness/measure/sample_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace cnnbench {
namespace {

std::vector<double> noise(std::mt19937_64& generator, std::size_t n, double sd) {
  std::normal_distribution<double> distribution(1, sd);
  std::vector<double> steps(n);
  for (double& step : steps) step = distribution(generator);
  return steps;
}

/// x_i = 1 + r·(x_{i-1} - 1) + noise.
std::vector<double> autoregressive(std::mt19937_64& generator, std::size_t n, double r, double sd) {
  std::vector<double> steps = noise(generator, n, sd);
  for (std::size_t i = 1; i < n; ++i) steps[i] += r * (steps[i - 1] - 1);
  return steps;
}

template <typename Draw, typename Found>
double share(int runs, Draw draw, Found found) {
  std::mt19937_64 generator(1);
  int hits = 0;
  for (int i = 0; i < runs; ++i) hits += found(draw(generator)) ? 1 : 0;
  return static_cast<double>(hits) / runs;
}

TEST(Drift, IsFoundInAboutOneInAHundredRunsThatDoNotDrift) {
  for (const std::size_t n : {20U, 40U, 100U, 400U})
    EXPECT_LE(share(
                  2000, [n](auto& g) { return noise(g, n, 0.1); },
                  [](const auto& steps) { return drift(steps).has_value(); }),
              0.02)
        << n;
}

TEST(Drift, OfFivePercentIsFoundUnderTwoPercentOfNoise) {
  const auto drifting = [](auto& generator) {
    std::vector<double> steps = noise(generator, 100, 0.02);
    for (std::size_t i = 0; i < steps.size(); ++i) steps[i] *= 1 + 0.067 * static_cast<double>(i) / 100;
    return steps;
  };
  EXPECT_GE(share(500, drifting, [](const auto& steps) { return drift(steps).has_value(); }), 0.99);
}

TEST(Drift, IsTheDifferenceOfTheQuartersMedians) {
  std::vector<double> steps(40, 1.0);
  std::fill(steps.begin() + 20, steps.end(), 1.5);
  EXPECT_EQ(drift(steps), 0.5);
  std::reverse(steps.begin(), steps.end());
  EXPECT_NEAR(drift(steps).value(), -1.0 / 3, 1e-15);
}

TEST(Drift, NeedsTwentyStepsAndMoreThanOnePercent) {
  std::vector<double> steps(19, 1.0);
  std::fill(steps.begin() + 9, steps.end(), 2.0);
  EXPECT_EQ(drift(steps), std::nullopt);
  std::vector<double> slight(40, 1.0);
  std::fill(slight.begin() + 20, slight.end(), 1.0099);
  EXPECT_EQ(drift(slight), std::nullopt);
}

TEST(Autocorrelation, IsFoundInFewRunsOfIndependentSteps) {
  for (const std::size_t n : {20U, 50U, 200U})
    EXPECT_LE(share(
                  2000, [n](auto& g) { return noise(g, n, 0.1); },
                  [](const auto& steps) { return autocorrelation(steps).has_value(); }),
              0.01)
        << n;
}

TEST(Autocorrelation, OfAHalfIsFoundInAHundredSteps) {
  EXPECT_GE(share(
                500, [](auto& g) { return autoregressive(g, 100, 0.5, 0.1); },
                [](const auto& steps) { return autocorrelation(steps).has_value(); }),
            0.95);
  std::mt19937_64 generator(1);
  const Autocorrelation found = autocorrelation(autoregressive(generator, 100000, 0.5, 0.1)).value();
  EXPECT_NEAR(found.correlation, 0.5, 0.03);
  EXPECT_EQ(found.lag, 1U);
}

TEST(Autocorrelation, IsSeenUpToTwentyStepsBefore) {
  for (const std::size_t lag : {1U, 2U, 11U, 20U}) {
    std::mt19937_64 generator(2);
    std::vector<double> steps = noise(generator, 400, 0.1);
    for (std::size_t i = lag; i < steps.size(); ++i) steps[i] += 0.6 * (steps[i - lag] - 1);
    const auto found = autocorrelation(steps);
    ASSERT_TRUE(found) << lag;
    EXPECT_EQ(found->lag, lag);
    EXPECT_NEAR(found->correlation, 0.6, 0.1);
  }
}

TEST(Autocorrelation, IsNotDecidedByOneOutlier) {
  std::mt19937_64 generator(4);
  std::vector<double> steps = noise(generator, 40, 0.1);
  EXPECT_FALSE(autocorrelation(steps));
  steps[20] = 1000;
  EXPECT_FALSE(autocorrelation(steps));
  EXPECT_FALSE(autocorrelation(std::vector<double>(40, 1.0)));
}

TEST(SampleFlags, SayTheirFigures) {
  std::vector<double> steps;
  for (int i = 0; i < 40; ++i) steps.push_back(i < 20 ? 1.0 + 0.001 * (i % 3) : 1.1 + 0.001 * (i % 3));
  const std::vector<Flag> flags = sample_flags(steps, summarize(steps));
  ASSERT_EQ(flags.size(), 2U);
  EXPECT_EQ(flags[0].about, "drift");
  EXPECT_EQ(flags[0].text, "the last quarter of the steps took 10.0 % longer than the first");
  EXPECT_EQ(flags[1].about, "autocorrelation");
  EXPECT_THAT(flags[1].text,
              ::testing::StartsWith("steps are like those 3 before (rank autocorrelation 0.8"));
}

}  // namespace
}  // namespace cnnbench
