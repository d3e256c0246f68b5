#include "harness/measure/canaries.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/harness/measure/fakes.h"

namespace cnnbench {
namespace {

TEST(MemoryCanary, TakesTimeOnAnyNumberOfThreads) {
  SteadyClock clock;
  for (const int threads : {1, 2, 3}) {
    const MemoryCanary::Times times = MemoryCanary(clock, threads).sing();
    EXPECT_GT(times.cache, 0);
#if defined(__x86_64__) || defined(__aarch64__)
    EXPECT_GT(times.memory, 0);
#endif
  }
}

TEST(Canaries, KnowTheirShortestTimesAfterADisturbedStart) {
  StretchedClock clock;
  clock.factor = 1000;
  Canaries canaries(clock, 1);
  const CanaryTimes disturbed = canaries.reference();
  clock.factor = 1;
  canaries.refer_again();
  for (const Part part : parts)
    if (!std::isnan(disturbed[part])) {
      EXPECT_GT(disturbed[part] / canaries.reference()[part], 10);
    }

  const CanaryTimes undisturbed = canaries.reference();
  clock.factor = 1000;
  canaries.refer_again();
  for (const Part part : parts)
    if (!std::isnan(disturbed[part])) {
      EXPECT_EQ(canaries.reference()[part], undisturbed[part]);
    }
}

TEST(Canaries, LeaveAPartThatIsUnknownUnknown) {
  CanaryTimes a;
  CanaryTimes b;
  a[Part::cores] = 2;
  b[Part::cores] = 1;
  b[Part::cache] = 3;
  const CanaryTimes best = best_of(a, b);
  EXPECT_EQ(best[Part::cores], 1);
  EXPECT_EQ(best[Part::cache], 3);
  EXPECT_TRUE(std::isnan(best[Part::memory]));
}

}  // namespace
}  // namespace cnnbench
