// What the measuring loop observes of the machine meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "harness/machine/running_threads.h"
#include "harness/measure/measuring_loop.h"
#include "tests/harness/measure/fakes.h"

namespace cnnbench {
namespace {

using testing::ElementsAre;

TimingSettings exactly(std::int64_t burn_in, std::int64_t steps) {
  return {burn_in, steps, 0, 0};
}

/// Counts 7 seconds, 3 switches and 0.5 s of throttling from each reading to the next.
class FakeProbe final : public ConditionsProbe {
 public:
  explicit FakeProbe(Journal& journal) : journal_(journal) {}
  Counters counters() override {
    ++readings_;
    return {7 * readings_, 3 * readings_, 0.5 * readings_};
  }
  double slowdown() override {
    journal_.push_back("canary");
    return 1.25;
  }
  Settled settle(std::span<const int> of) override {
    journal_.push_back("settle");
    processes.assign(of.begin(), of.end());
    ++settlings_;
    return {0.25 * settlings_, settlings_ != 2};
  }
  std::vector<int> processes;  ///< that were last waited for

 private:
  Journal& journal_;
  double readings_ = 0;
  int settlings_ = 0;
};

TEST(MeasuringLoopConditions, ObservesItsBurstsOutsideTheTimedPart) {
  FakeClock clock;
  FakeCluster cluster(0, 1);
  FakeProbe probe(cluster.journal);
  FakeStep step(clock, {1.0});
  step.noted(cluster.journal, "step");

  const Samples samples = measure({step.timed()}, exactly(1, 2), cluster, {}, &probe).at(0);

  EXPECT_THAT(cluster.journal, ElementsAre("step", "max",                             //
                                           "barrier", "step", "gather", "broadcast",  //
                                           "barrier", "step", "gather", "broadcast",  //
                                           "broadcast", "barrier", "canary", "gather"));
  EXPECT_THAT(samples.slowest.at(0), ElementsAre(1, 1));
  EXPECT_EQ(samples.conditions.seconds, 7);
  EXPECT_EQ(samples.conditions.involuntary_switches, 3);
  EXPECT_EQ(samples.conditions.throttled_seconds, 0.5);
  EXPECT_EQ(samples.conditions.slowdown, 1.25);
}

TEST(MeasuringLoopConditions, AddsTheSwitchesOfAllRanksAndTakesTheWorstOfTheRest) {
  FakeClock clock;
  FakeCluster cluster(0, 2);
  FakeProbe probe(cluster.journal);
  FakeStep step(clock, {1.0});
  cluster.others = [](int, std::size_t call, std::span<const double> own) {
    // The last gather is that of the conditions: seconds, switches, throttled seconds, slowdown.
    return call == 11 ? std::vector<double>{15, 4, 2, 1.5} : std::vector<double>(own.begin(), own.end());
  };

  const Samples samples = measure({step.timed()}, exactly(1, 11), cluster, {}, &probe).at(0);

  EXPECT_EQ(samples.conditions.seconds, 15);
  EXPECT_EQ(samples.conditions.involuntary_switches, 6 + 4);  // two bursts on this rank
  EXPECT_EQ(samples.conditions.throttled_seconds, 2);
  EXPECT_EQ(samples.conditions.slowdown, 1.5);
}

TEST(MeasuringLoopConditions, ACanaryComesAfterATenthOfASecondOfStepsAtTheEarliest) {
  FakeClock clock;
  FakeCluster cluster(0, 1);
  FakeProbe probe(cluster.journal);
  FakeStep step(clock, {0.005});

  measure({step.timed()}, exactly(0, 60), cluster, {}, &probe);

  EXPECT_EQ(std::count(cluster.journal.begin(), cluster.journal.end(), "canary"),
            3);  // bursts 1, 3 and 5 of 6
}

TEST(MeasuringLoopConditions, WaitsForTheThreadsOfAnotherSubjectBeforeEveryTurn) {
  FakeClock clock;
  FakeCluster cluster(0, 1);
  FakeProbe probe(cluster.journal);
  FakeStep a(clock, {1.0});
  FakeStep b(clock, {1.0});
  a.noted(cluster.journal, "a");
  b.noted(cluster.journal, "b");
  TimedStep elsewhere = b.timed();
  elsewhere.process = 4711;
  TimingSettings settings = exactly(1, 10);

  const std::vector<Samples> samples = measure({a.timed(), elsewhere}, settings, cluster, {}, &probe);

  Journal steps;  // and what comes before them
  for (const std::string& entry : cluster.journal)
    if (entry == "settle" || ((entry == "a" || entry == "b") && (steps.empty() || steps.back() != entry)))
      steps.push_back(entry);
  // Two rounds, the second in the reverse order: its first subject ran last, and nobody waits for it.
  const std::string first = steps.at(1);
  const std::string second = first == "a" ? "b" : "a";
  EXPECT_THAT(steps, ElementsAre("settle", first, "settle", second, "settle", first));
  EXPECT_THAT(probe.processes, ElementsAre(testing::_, 4711));
  const std::size_t begins = first == "a" ? 0 : 1;
  EXPECT_EQ(samples.at(begins).conditions.settle_seconds, 0.75);
  EXPECT_EQ(samples.at(begins).conditions.unsettled_blocks, 0);
  EXPECT_EQ(samples.at(1 - begins).conditions.settle_seconds, 0.5);
  EXPECT_EQ(samples.at(1 - begins).conditions.unsettled_blocks, 1);
  EXPECT_TRUE(samples.at(0).conditions.involuntary_switches.has_value());
  EXPECT_FALSE(samples.at(1).conditions.involuntary_switches.has_value());
}

TEST(MeasuringLoopConditions, ASubjectAloneWaitsForNobody) {
  FakeClock clock;
  FakeCluster cluster(0, 1);
  FakeProbe probe(cluster.journal);

  measure({FakeStep(clock, {1.0}).timed()}, exactly(1, 30), cluster, {}, &probe);

  EXPECT_THAT(cluster.journal, testing::Not(testing::Contains("settle")));
}

TEST(ConditionsProbe, SettlesWhenASpinningThreadEndsAndGivesUpOnOneThatDoesNot) {
  SteadyClock clock;
  const std::unique_ptr<ConditionsProbe> probe = make_conditions_probe(clock, 1);
  const std::array own{this_process()};
  std::atomic<bool> go_on = true;
  std::thread spinning([&] {
    while (go_on) continue;
  });

  const ConditionsProbe::Settled in_vain = probe->settle(own);
  go_on = false;
  spinning.join();
  const ConditionsProbe::Settled settled = probe->settle(own);

  EXPECT_FALSE(in_vain.asleep);
  EXPECT_TRUE(settled.asleep);
}

}  // namespace
}  // namespace cnnbench
