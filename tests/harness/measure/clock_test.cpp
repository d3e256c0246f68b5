#include "harness/measure/clock.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <utility>

namespace cnnbench {
namespace {

/// A clock whose call-th reading (from 0) is a function of the call.
class CountingClock final : public Clock {
 public:
  explicit CountingClock(std::function<double(std::int64_t)> reading) : reading_(std::move(reading)) {}
  double now() override { return reading_(calls_++); }
  std::int64_t calls() const { return calls_; }

 private:
  std::function<double(std::int64_t)> reading_;
  std::int64_t calls_ = 0;
};

constexpr double unit = 1.0 / (1 << 25);  // about 30 ns, and exact in sums

TEST(Clock, CostAndResolutionOfAClockThatAdvancesByOneUnitACallAreThatUnit) {
  CountingClock clock([](std::int64_t call) { return static_cast<double>(call) * unit; });

  const ClockCost cost = measure_clock(clock);

  EXPECT_EQ(cost.cost_seconds, unit);
  EXPECT_EQ(cost.resolution_seconds, unit);
  EXPECT_GE(clock.calls(), 2000);
}

TEST(Clock, AFewInterruptsDoNotChangeTheCost) {
  CountingClock clock([](std::int64_t call) {
    return static_cast<double>(call) * unit + static_cast<double>((call + 900) / 1000) * 0.015625;
  });

  EXPECT_EQ(measure_clock(clock).cost_seconds, unit);
}

TEST(Clock, ResolutionIsTheSmallestPositiveDifferenceOfTwoCalls) {
  // Differences of 4, 0, 2, 0 units in turn.
  CountingClock clock([](std::int64_t call) {
    const double within[] = {0, 4, 4, 6};
    return (static_cast<double>(call / 4) * 6 + within[call % 4]) * unit;
  });

  const ClockCost cost = measure_clock(clock);

  EXPECT_EQ(cost.resolution_seconds, 2 * unit);
  EXPECT_EQ(cost.cost_seconds, 1.5 * unit);
}

TEST(Clock, CostOfAClockThatTicksMoreSlowlyThanItIsCalledIsNotZero) {
  // One tick of 64 units every 64 calls: most differences are 0.
  CountingClock clock([](std::int64_t call) { return static_cast<double>(call / 64) * 64 * unit; });

  const ClockCost cost = measure_clock(clock);

  EXPECT_EQ(cost.cost_seconds, unit);
  EXPECT_EQ(cost.resolution_seconds, 64 * unit);
}

TEST(Clock, AClockThatStandsStillYieldsZeros) {
  CountingClock clock([](std::int64_t) { return 5.0; });

  const ClockCost cost = measure_clock(clock);

  EXPECT_EQ(cost.cost_seconds, 0);
  EXPECT_EQ(cost.resolution_seconds, 0);
}

TEST(Clock, SteadyClockNeverGoesBackAndAllItsObjectsShareOneOrigin) {
  SteadyClock one;
  SteadyClock other;

  double latest = one.now();
  for (int i = 0; i < 1000; ++i) {
    const double now = i % 2 == 0 ? other.now() : one.now();
    EXPECT_GE(now, latest);
    latest = now;
  }
}

TEST(Clock, SteadyClockHasACostAndAResolution) {
  SteadyClock clock;

  const ClockCost cost = measure_clock(clock);

  EXPECT_GT(cost.cost_seconds, 0);
  EXPECT_GT(cost.resolution_seconds, 0);
}

}  // namespace
}  // namespace cnnbench
