// What the measuring loop observes of the machine meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "harness/machine/running_threads.h"
#include "harness/measure/measuring_loop.h"
#include "tests/harness/measure/fake_probe.h"

namespace cnnbench {
namespace {

using testing::ElementsAre;

TimingSettings exactly(std::int64_t burn_in, std::int64_t steps) {
  return {burn_in, steps, 0, 0};
}

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
                                           "broadcast", "settle for canary", "barrier", "canary", "gather"));
  EXPECT_THAT(samples.slowest.at(0), ElementsAre(1, 1));
  EXPECT_EQ(samples.conditions.seconds, 7);
  EXPECT_EQ(samples.conditions.involuntary_switches, 3);
  EXPECT_EQ(samples.conditions.throttled_seconds, 0.5);
  EXPECT_EQ(samples.conditions.slowdown, 1.25);
  EXPECT_EQ(samples.conditions.cache_slowdown, 1.5);
  EXPECT_EQ(samples.conditions.memory_slowdown, 2);
}

/// What the other rank of two gathers last, as its conditions, given those of this rank.
using Gathered = std::vector<double>;

Samples measure_two_ranks(FakeProbe& probe, FakeCluster& cluster,
                          const std::function<void(Gathered& of_other)>& change) {
  FakeClock clock;
  FakeStep step(clock, {1.0});
  cluster.others = [&](int, std::size_t call, std::span<const double> own) {
    Gathered other(own.begin(), own.end());
    if (call == 11) change(other);  // after eleven steps
    return other;
  };
  return measure({step.timed()}, exactly(1, 11), cluster, {}, &probe).at(0);
}

// Places in what is gathered.
enum Place { seconds, switches, throttled, cores, cache, memory, node = 11, load_seconds, busy, cpus, own };

TEST(MeasuringLoopConditions, AddsTheSwitchesOfAllRanksAndTakesTheWorstOfTheRest) {
  FakeCluster cluster(0, 2);
  FakeProbe probe(cluster.journal);
  const Samples samples = measure_two_ranks(probe, cluster, [](Gathered& other) {
    other[seconds] = 15;
    other[switches] = 4;
    other[throttled] = 2;
    other[cores] = 1.5;
  });

  EXPECT_EQ(samples.conditions.seconds, 15);
  EXPECT_EQ(samples.conditions.involuntary_switches, 6 + 4);  // two bursts on this rank
  EXPECT_EQ(samples.conditions.throttled_seconds, 2);
  EXPECT_EQ(samples.conditions.slowdown, 1.5);
  EXPECT_EQ(samples.conditions.cache_slowdown, 1.5);
  ASSERT_EQ(samples.conditions.canaries.size(), 2U);
  EXPECT_EQ(samples.conditions.canaries[0][Part::cores], 1.25);
  EXPECT_EQ(samples.conditions.canaries[1][Part::cores], 1.5);
}

/// Two readings 10 s apart: 4 CPUs busy for 16 s, of which the rank took 5; of its 2 CPUs 1 s was stolen.
std::vector<ConditionsProbe::Load> ten_seconds() {
  return {{100, {50, 4, 20, 3, 2}}, {110, {66, 4, 25, 4, 2}}};
}

TEST(MeasuringLoopConditions, TheLoadOfOthersIsThatOfTheNodeWithoutAllRanksOfIt) {
  FakeCluster cluster(0, 2);
  FakeProbe probe(cluster.journal);
  probe.loads = ten_seconds();
  const Samples together = measure_two_ranks(probe, cluster, [](Gathered&) {});
  EXPECT_DOUBLE_EQ(together.conditions.other_load.value(), 6.0 / 40);
  EXPECT_DOUBLE_EQ(together.conditions.steal_share.value(), 1.0 / 20);

  FakeCluster other_cluster(0, 2);
  FakeProbe other_probe(other_cluster.journal);
  other_probe.loads = ten_seconds();
  const Samples apart =
      measure_two_ranks(other_probe, other_cluster, [](Gathered& other) { other[node] += 1; });
  EXPECT_DOUBLE_EQ(apart.conditions.other_load.value(), 11.0 / 40);
}

TEST(MeasuringLoopConditions, TheLoadOfOthersIsNeverNegativeAndUnknownWithoutCounters) {
  FakeCluster cluster(0, 2);
  FakeProbe probe(cluster.journal);
  probe.loads = ten_seconds();
  const Samples less = measure_two_ranks(probe, cluster, [](Gathered& other) { other[own] = 30; });
  EXPECT_EQ(less.conditions.other_load, 0);

  FakeCluster other_cluster(0, 1);
  FakeProbe unknown(other_cluster.journal);
  unknown.loads = {{100, {}}, {110, {}}};
  const Samples samples = measure_two_ranks(unknown, other_cluster, {});
  EXPECT_EQ(samples.conditions.other_load, std::nullopt);
  EXPECT_EQ(samples.conditions.steal_share, std::nullopt);
}

TEST(MeasuringLoopConditions, TheLoadOfLessThanFiftyTicksIsUnknown) {
  FakeCluster cluster(0, 1);
  FakeProbe probe(cluster.journal);
  probe.loads = ten_seconds();
  probe.loads[1].seconds = 100 + 49 * cpu_tick_seconds();
  EXPECT_EQ(measure_two_ranks(probe, cluster, {}).conditions.other_load, std::nullopt);
}

TEST(MeasuringLoopConditions, CanariesComeAfterAFifthOfASecondOfStepsAtTheEarliest) {
  FakeClock clock;
  FakeCluster cluster(0, 1);
  FakeProbe probe(cluster.journal);
  FakeStep step(clock, {0.011});

  measure({step.timed()}, exactly(0, 60), cluster, {}, &probe);

  EXPECT_EQ(std::count(cluster.journal.begin(), cluster.journal.end(), "canary"),
            3);  // bursts 1, 3 and 5 of 6
}

/// How many steps run that do not count, in 60 that do and in bursts of ten.
std::int64_t untimed_steps(double seconds_a_step) {
  FakeClock clock;
  FakeCluster cluster(0, 1);
  FakeProbe probe(cluster.journal);
  FakeStep step(clock, {seconds_a_step});
  measure({step.timed()}, exactly(0, 60), cluster, {}, &probe);
  return step.runs() - 60;
}

TEST(MeasuringLoopConditions, AnUntimedStepFollowsCanariesWhereStepsAreShort) {
  EXPECT_EQ(untimed_steps(0.011), 3);  // after bursts 1, 3 and 5
  EXPECT_EQ(untimed_steps(0.2), 0);
}

TEST(MeasuringLoopConditions, ACanaryThatOwnThreadsDisturbIsNotKept) {
  FakeClock clock;
  FakeCluster cluster(0, 1);
  FakeProbe probe(cluster.journal);
  probe.canary_has_quiet = false;
  FakeStep step(clock, {1.0});
  TimedStep elsewhere = step.timed();
  elsewhere.process = 4711;

  const Samples samples = measure({elsewhere}, exactly(0, 10), cluster, {}, &probe).at(0);

  EXPECT_THAT(probe.processes, ElementsAre(this_process(), 4711));
  EXPECT_EQ(samples.conditions.slowdown, std::nullopt);
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

  const ConditionsProbe::Settled in_vain = probe->settle(own, ConditionsProbe::Before::block);
  go_on = false;
  spinning.join();
  const ConditionsProbe::Settled settled = probe->settle(own, ConditionsProbe::Before::block);

  EXPECT_FALSE(in_vain.asleep);
  EXPECT_TRUE(settled.asleep);
}

}  // namespace
}  // namespace cnnbench
