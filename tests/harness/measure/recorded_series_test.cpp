#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <span>
#include <vector>

#include "harness/measure/sample_flags.h"
#include "harness/measure/statistics.h"

namespace cnnbench {
namespace {

/// 3000 steps of a real run, in units of 0.1 µs; see tests/golden/series/README.md.
std::vector<double> recorded() {
  std::ifstream file(std::filesystem::path(CNNBENCH_SOURCE_DIR) / "tests/golden/series/lenet_network.txt");
  std::vector<double> steps;
  for (double step = 0; file >> step;) steps.push_back(step);
  return steps;
}

// The step before shows nothing: -0.22 in the whole, -0.15 in the first 100 (scipy).
TEST(RecordedSeries, HangsTogetherOverMoreThanOneStep) {
  const std::vector<double> steps = recorded();
  ASSERT_EQ(steps.size(), 3000U);
  const auto whole = autocorrelation(steps);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->lag, 5U);
  EXPECT_NEAR(whole->correlation, 0.49, 0.005);
  const auto part = autocorrelation(std::span(steps).first(100));
  ASSERT_TRUE(part);
  EXPECT_EQ(part->lag, 3U);
  EXPECT_NEAR(part->correlation, 0.53, 0.005);
}

// 28 of 30, found by scripts/cnnbench_compare/turns.py too; by ranks for independent steps it was 25.
TEST(RecordedSeries, IntervalsOfAHundredStepsHoldTheMedianOfAll) {
  const std::vector<double> steps = recorded();
  std::vector<double> sorted = steps;
  std::sort(sorted.begin(), sorted.end());
  const double median = quantile(sorted, 0.5);
  int held = 0;
  for (std::size_t first = 0; first + 100 <= steps.size(); first += 100) {
    const auto interval = median_interval(std::span(steps).subspan(first, 100));
    if (!interval || (interval->low <= median && median <= interval->high)) ++held;
  }
  EXPECT_EQ(held, 28);
}

}  // namespace
}  // namespace cnnbench
