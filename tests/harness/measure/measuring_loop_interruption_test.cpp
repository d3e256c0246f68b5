#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <thread>
#include <vector>

#include "harness/measure/measuring_loop.h"
#include "harness/measure/turns.h"
#include "tests/harness/measure/fakes.h"

namespace cnnbench {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(MeasuringLoopInterruption, OnAnotherRankEndsAllSubjectsWithWhatTheyHave) {
  FakeClock clock;
  FakeCluster cluster(0, 2);
  cluster.others = [](int, std::size_t call, std::span<const double> own) {
    return std::vector<double>{1, own[1], call == 8 ? 1.0 : 0.0};
  };
  const FakeStep first(clock, {1.0});
  const FakeStep second(clock, {1.0});
  const FakeStep third(clock, {1.0});

  const std::vector<Samples> samples =
      measure({first.timed(), second.timed(), third.timed()}, exactly(1, 100), cluster);

  const std::vector<std::size_t> order = Turns(3, TimingSettings().seed).next_round();
  EXPECT_THAT(samples.at(order[0]).slowest.at(0), SizeIs(5));
  EXPECT_THAT(samples.at(order[1]).slowest.at(0), SizeIs(4));
  EXPECT_THAT(samples.at(order[2]).slowest.at(0), IsEmpty());
  for (const Samples& each : samples) EXPECT_EQ(each.stop_reason, StopReason::interrupted);
}

TEST(MeasuringLoopInterruption, KeepsTheReasonOfSubjectsThatWereThrough) {
  FakeClock clock;
  FakeCluster cluster(0, 2);
  cluster.others = [](int, std::size_t call, std::span<const double> own) {
    return std::vector<double>{1, own[1], call == 6 ? 1.0 : 0.0};
  };
  const FakeStep step(clock, {1.0});

  const std::vector<Samples> samples = measure({step.timed(), step.timed()}, exactly(1, 5), cluster);

  const std::vector<std::size_t> order = Turns(2, TimingSettings().seed).next_round();
  EXPECT_EQ(samples.at(order[0]).stop_reason, StopReason::steps);
  EXPECT_THAT(samples.at(order[1]).slowest.at(0), SizeIs(2));
  EXPECT_EQ(samples.at(order[1]).stop_reason, StopReason::interrupted);
}

TEST(MeasuringLoopInterruption, InTheBurnInEndsIt) {
  FakeClock clock;
  FakeCluster cluster(0, 2);
  cluster.maximum_is_1 = 3;
  const FakeStep step(clock, {1.0});

  const Samples samples = measure({step.timed()}, exactly(10, 100), cluster).at(0);

  EXPECT_EQ(step.runs(), 3);
  EXPECT_THAT(samples.slowest, ElementsAre(IsEmpty()));
  EXPECT_EQ(samples.stop_reason, StopReason::interrupted);
}

/// As a terminal does it; the signal has been noticed when this returns.
void interrupt_this_process() {
  kill(getpid(), SIGINT);
  while (!interrupted()) std::this_thread::yield();
}

// In a process of its own, as the signal's flag cannot be taken back.
TEST(MeasuringLoopInterruptionDeathTest, OfThisProcessEndsTheMeasurementAfterTheStep) {
  const auto interrupt_third_timed_step = [] {
    watch_interruptions();
    SingleRank cluster;
    int runs = 0;
    const TimedStep step{1, [&](std::span<double> seconds) {
                           if (++runs == 2 + 3) interrupt_this_process();
                           seconds[0] = runs;
                           return 0.0;
                         }};
    const Samples samples = measure({step}, exactly(2, 100), cluster).at(0);
    const bool right = samples.slowest.at(0) == std::vector<double>{3, 4, 5} && runs == 5 &&
                       samples.stop_reason == StopReason::interrupted;
    std::_Exit(right ? 0 : 1);
  };
  EXPECT_EXIT(interrupt_third_timed_step(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace cnnbench
