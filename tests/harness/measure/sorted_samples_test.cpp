#include "harness/measure/sorted_samples.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace cnnbench {
namespace {

void expect_sorted_like_std_sort(std::vector<double> values) {
  SortedSamples samples;
  for (const double value : values) samples.add(value);

  std::sort(values.begin(), values.end());
  ASSERT_EQ(samples.size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i) ASSERT_EQ(samples[i], values[i]) << i;
}

TEST(SortedSamples, AreEmptyAtFirst) {
  EXPECT_EQ(SortedSamples().size(), 0u);
}

TEST(SortedSamples, SortRandomValuesWithRepetitions) {
  std::mt19937 random(1);
  std::vector<double> values(20000);
  for (double& value : values) value = static_cast<double>(random() % 5000);
  expect_sorted_like_std_sort(values);
}

TEST(SortedSamples, SortAscendingDescendingAndEqualValues) {
  std::vector<double> values(5000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i);
  expect_sorted_like_std_sort(values);
  std::reverse(values.begin(), values.end());
  expect_sorted_like_std_sort(values);
  expect_sorted_like_std_sort(std::vector<double>(5000, 0.5));
}

}  // namespace
}  // namespace cnnbench
