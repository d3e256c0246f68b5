#include "harness/measure/canary.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/harness/measure/fakes.h"

namespace cnnbench {
namespace {

TEST(Canary, TakesTimeOnAnyNumberOfThreads) {
  SteadyClock clock;
  for (const int threads : {1, 2, 3}) {
    const Canary canary(clock, threads);
    EXPECT_GT(canary.reference_seconds(), 0);
    EXPECT_GT(canary.sing(), 0);
  }
}

// Its work is fixed at start-up: a clock that runs a thousand times as fast from then on sees that much more
// time.
TEST(Canary, DoesTheSameWorkEveryTime) {
  StretchedClock clock;
  const Canary canary(clock, 1);
  clock.factor = 1000;
  double least = 1e9;  // the least of many is not disturbed by other processes
  for (int i = 0; i < 50; ++i) least = std::min(least, canary.sing());
  EXPECT_GT(least / canary.reference_seconds(), 100);
}

TEST(Canary, SurvivesAClockThatStandsStill) {
  FakeClock clock;
  const Canary canary(clock, 1);
  EXPECT_EQ(canary.reference_seconds(), 0);
}

}  // namespace
}  // namespace cnnbench
