// What the convolutions promise about scratch memory and threads.
#include <gtest/gtest.h>
#include <omp.h>

#include <array>

#include "kernels/winograd/error_growth.h"
#include "tests/kernels/winograd/runs.h"
#include "tests/kernels/winograd/shapes.h"

namespace cnnbench::winograd {
namespace {

/// Results of all three functions, one after another.
std::vector<float> run_all(const Shape& s, const Way& way) {
  const Plain src = random_plain(s.batch, s.in_channels, s.in_height, s.in_width, 1);
  const Plain weights = random_plain(s.out_channels, s.in_channels, 3, 3, 2);
  const Plain gradient = random_plain(s.batch, s.out_channels, s.out_height, s.out_width, 4);
  const Result backward = run_backward_weights(s, way, src, nullptr, gradient, true);
  std::vector<float> all = run_forward(s, way, src, weights, {}).values;
  for (const std::vector<float>& more :
       {run_backward_data(s, way, gradient, weights).values, backward.values, backward.bias})
    all.insert(all.end(), more.begin(), more.end());
  return all;
}

/// Shapes for which two threads share their blocks, and for which they do not.
const std::array<Shape, 2> two_shapes{Shape{2, 9, 17, 13, 14, 13, 14, 1, 1},
                                      Shape{5, 9, 17, 46, 50, 46, 50, 1, 1}};

TEST(WinogradTeam, ResultsDoNotDependOnWhatScratchMemoryHeld) {
  for (const Shape& shape : two_shapes)
    for (Way way : ways({1})) {
      const std::vector<float> expected = run_all(shape, way);
      for (const float value : {0.0F, 1e30F}) {
        way.scratch = value;
        EXPECT_EQ(run_all(shape, way), expected) << way.name();
      }
    }
}

TEST(WinogradTeam, ForwardIsTheSameToTheBitWithAnyNumberOfThreads) {
  for (const Shape& s : two_shapes) {
    const Plain src = random_plain(s.batch, s.in_channels, s.in_height, s.in_width, 1);
    const Plain weights = random_plain(s.out_channels, s.in_channels, 3, 3, 2);
    for (const Way& way : ways({2, 3})) {
      Way alone = way;
      alone.threads = 1;
      EXPECT_EQ(run_forward(s, way, src, weights, {}).values, run_forward(s, alone, src, weights, {}).values)
          << way.name();
    }
  }
}

TEST(WinogradTeam, ResultsAreTheSameToTheBitInEveryRun) {
#if defined(__SANITIZE_ADDRESS__)  // where ten take two minutes
  constexpr int runs = 3;
#else
  constexpr int runs = 10;
#endif
  for (const Shape& shape : two_shapes)
    for (const Way& way : ways({2, 3})) {
      const std::vector<float> expected = run_all(shape, way);
      for (int run = 0; run < runs; ++run) ASSERT_EQ(run_all(shape, way), expected) << way.name();
    }
}

// Inside a parallel region OpenMP gives one thread where several are asked for.
TEST(WinogradTeam, ResultsAreRightWhereOpenMpGivesFewerThreadsThanAskedFor) {
  const int levels = omp_get_max_active_levels();
  omp_set_max_active_levels(1);
  for (const Shape& shape : two_shapes)
    for (const Way& way : ways({3})) {
      std::array<std::vector<float>, 2> found;
#pragma omp parallel num_threads(2)
      found.at(static_cast<std::size_t>(omp_get_thread_num())) = run_all(shape, way);

      Way alone = way;
      alone.threads = 1;
      const std::vector<float> expected = run_all(shape, alone);
      ASSERT_FALSE(found[1].empty()) << "OpenMP has no second thread to try this with";
      // One thread may cut the tiles into other blocks, and so add up in another order.
      for (const std::vector<float>& values : found) {
        ASSERT_EQ(values.size(), expected.size());
        for (std::size_t i = 0; i < values.size(); ++i)
          ASSERT_NEAR(values[i], expected[i], 1e-3) << way.name() << ", element " << i;
      }
    }
  omp_set_max_active_levels(levels);
}

}  // namespace
}  // namespace cnnbench::winograd
