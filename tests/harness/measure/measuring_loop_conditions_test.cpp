// What the measuring loop observes of the machine meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

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

 private:
  Journal& journal_;
  double readings_ = 0;
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

}  // namespace
}  // namespace cnnbench
