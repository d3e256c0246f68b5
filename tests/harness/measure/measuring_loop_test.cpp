#include "harness/measure/measuring_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "harness/measure/statistics.h"
#include "harness/measure/turns.h"
#include "tests/harness/measure/fakes.h"

namespace cnnbench {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;
using testing::SizeIs;

/// 1, 2, 3, … so that every run of a step can be told from its time.
std::vector<double> numbered(std::int64_t runs) {
  std::vector<double> durations;
  for (std::int64_t run = 1; run <= runs; ++run) durations.push_back(static_cast<double>(run));
  return durations;
}

TEST(MeasuringLoop, BurnInTakesExactlyNStepsAndExactlyNStepsAreCounted) {
  for (const std::int64_t burn_in : {0, 1, 2, 10, 11}) {
    for (const std::int64_t steps : {1, 2, 9, 10, 11, 20, 100}) {
      FakeClock clock;
      SingleRank cluster;
      const FakeStep step(clock, numbered(burn_in + steps));

      const Samples samples = measure({step.timed()}, exactly(burn_in, steps), cluster).at(0);

      EXPECT_EQ(step.runs(), burn_in + steps);
      std::vector<double> counted = numbered(burn_in + steps);
      counted.erase(counted.begin(), counted.begin() + burn_in);
      ASSERT_THAT(samples.slowest, SizeIs(1));
      EXPECT_EQ(samples.slowest[0], counted);
      EXPECT_EQ(samples.per_rank, samples.slowest);
      EXPECT_EQ(samples.stop_reason, StopReason::steps);
    }
  }
}

// A script that summed only in its "print every 10 steps" branch divided a tenth of the time by all steps; a
// relative of it skipped one step too many and printed an sd of a tenth of the mean. Both are plain to see
// with steps of 1 s.
TEST(MeasuringLoop, AHundredStepsOfOneSecondHaveAMeanOfOneSecondAndNoSd) {
  FakeClock clock;
  SingleRank cluster;
  const FakeStep step(clock, {1.0});
  int lines = 0;
  const Progress print = [&](std::size_t, std::int64_t count, std::int64_t, double) {
    lines += count % 10 == 0;
  };

  const Samples samples = measure({step.timed()}, exactly(10, 100), cluster, print).at(0);
  const Summary summary = summarize(samples.slowest.at(0));

  EXPECT_EQ(step.runs(), 110);
  EXPECT_EQ(lines, 10);
  EXPECT_EQ(summary.n, 100);
  EXPECT_EQ(summary.total, 100);
  EXPECT_EQ(summary.mean, 1);
  EXPECT_EQ(summary.sd, 0);
}

TEST(MeasuringLoop, StepsOfOneAndThreeSecondsInTurnHaveTheKnownMeanAndSd) {
  FakeClock clock;
  SingleRank cluster;
  const FakeStep step(clock, {1.0, 3.0});

  const Samples samples = measure({step.timed()}, exactly(10, 100), cluster).at(0);
  const Summary summary = summarize(samples.slowest.at(0));

  EXPECT_EQ(summary.n, 100);
  EXPECT_EQ(summary.mean, 2);
  EXPECT_DOUBLE_EQ(summary.sd.value(), 1.005037815259212);  // sqrt(100 / 99)
  EXPECT_EQ(summary.median, 2);
  EXPECT_EQ(summary.total, 200);
}

TEST(MeasuringLoop, EndsEarlyWithThePrecisionReached) {
  FakeClock clock;
  SingleRank cluster;
  const FakeStep second(clock, {1.0});
  const FakeStep short_step(clock, {0.0078125});

  const Samples long_samples = measure({second.timed()}, {3, 100, 0.01, 0}, cluster).at(0);
  const Samples short_samples = measure({short_step.timed()}, {3, 100, 0.01, 0}, cluster).at(0);

  EXPECT_EQ(second.runs(), 3 + 10);
  EXPECT_THAT(long_samples.slowest.at(0), SizeIs(10));
  EXPECT_EQ(long_samples.stop_reason, StopReason::precision);
  EXPECT_EQ(short_step.runs(), 3 + 64);  // half a second
  EXPECT_THAT(short_samples.slowest.at(0), SizeIs(64));
  EXPECT_EQ(short_samples.stop_reason, StopReason::precision);
}

TEST(MeasuringLoop, EndsAfterMaxSecondsOfTimedStepsButTakesOneStep) {
  FakeClock clock;
  SingleRank cluster;
  const FakeStep step(clock, {1.0});

  const Samples five = measure({step.timed()}, {10, 100, 0, 5}, cluster).at(0);
  const Samples one = measure({step.timed()}, {10, 100, 0, 1e-6}, cluster).at(0);

  EXPECT_THAT(five.slowest.at(0), SizeIs(5));  // burn-in does not use up the time
  EXPECT_EQ(five.stop_reason, StopReason::max_seconds);
  EXPECT_THAT(one.slowest.at(0), SizeIs(1));
  EXPECT_EQ(one.stop_reason, StopReason::max_seconds);
}

TEST(MeasuringLoop, EveryTimedStepBeginsWithABarrierThatIsNotTimed) {
  FakeClock clock;
  FakeCluster cluster(0, 2);
  cluster.on_barrier = [&] { clock.advance(1000); };
  FakeStep step(clock, {1.0});
  step.noted(cluster.journal, "step");

  const Samples samples = measure({step.timed()}, exactly(2, 2), cluster).at(0);

  EXPECT_THAT(cluster.journal, ElementsAre("step", "max", "step", "max",              //
                                           "barrier", "step", "gather", "broadcast",  //
                                           "barrier", "step", "gather", "broadcast"));
  EXPECT_THAT(samples.slowest.at(0), ElementsAre(1, 1));
}

TEST(MeasuringLoop, AGapComesBeforeEveryTimedStepAndIsNotTimed) {
  FakeClock clock;
  FakeCluster cluster(0, 2);
  FakeStep step(clock, {1.0});
  step.noted(cluster.journal, "step");
  TimedStep timed = step.timed();
  timed.gap = [&] {
    cluster.journal.push_back("gap");
    clock.advance(1000);
  };

  const Samples samples = measure({timed}, exactly(1, 2), cluster).at(0);

  EXPECT_THAT(cluster.journal, ElementsAre("step", "max",  //
                                           "gap", "barrier", "step", "gather", "broadcast", "gap", "barrier",
                                           "step", "gather", "broadcast"));
  EXPECT_THAT(samples.slowest.at(0), ElementsAre(1, 1));
}

TEST(MeasuringLoop, ALeadInComesBeforeTheBurnInAndEveryBurst) {
  FakeClock clock;
  SingleRank cluster;
  Journal journal;
  FakeStep step(clock, {1.0});
  step.noted(journal, "step");
  TimedStep timed = step.timed();
  timed.lead_in = [&] { journal.push_back("lead in"); };

  measure({timed}, exactly(2, 11), cluster);

  Journal expected{"lead in", "step", "step", "lead in"};
  expected.insert(expected.end(), 10, "step");
  expected.insert(expected.end(), {"lead in", "step"});
  EXPECT_EQ(journal, expected);
}

TEST(MeasuringLoop, SubjectsOfOneProgramTakeNoUntimedStepsBetweenTheirBursts) {
  FakeClock clock;
  SingleRank cluster;
  const int program = 0;
  for (const bool one_program : {true, false}) {
    const FakeStep a(clock, {1.0});
    const FakeStep b(clock, {1.0});
    std::vector<TimedStep> steps{a.timed(), b.timed()};
    if (one_program)
      for (TimedStep& step : steps) step.program = &program;

    measure(steps, exactly(1, 10), cluster);

    // Of two bursts each, one follows a burst of the same subject (ABBA).
    EXPECT_EQ(a.runs() + b.runs(), 2 * (1 + 10) + (one_program ? 0 : 1));
  }
}

TEST(MeasuringLoop, RanksThatStartTogetherTakeAsLongAsTheSlowestOfThem) {
  FakeClock clock;
  FakeCluster cluster(0, 3);
  const std::vector<std::vector<double>> theirs{{}, {2, 1, 8, 1}, {1, 4, 16, 1}};  // [rank][step]
  cluster.others = [&](int other, std::size_t call, std::span<const double> own) {
    return std::vector<double>{theirs[static_cast<std::size_t>(other)][call], own[1], 0};
  };
  const FakeStep step(clock, {1.0, 2.0, 4.0, 8.0});
  std::vector<double> shown;
  const Progress progress = [&](std::size_t, std::int64_t, std::int64_t, double seconds) {
    shown.push_back(seconds);
  };

  const Samples samples = measure({step.timed()}, exactly(0, 4), cluster, progress).at(0);

  EXPECT_THAT(samples.slowest, ElementsAre(ElementsAre(2, 4, 16, 8)));
  EXPECT_THAT(samples.per_rank,
              ElementsAre(ElementsAre(1, 2, 4, 8), ElementsAre(2, 1, 8, 1), ElementsAre(1, 4, 16, 1)));
  EXPECT_THAT(shown, ElementsAre(2, 4, 16, 8));
}

TEST(MeasuringLoop, RanksThatRunOneAfterTheOtherAddUp) {
  FakeClock clock;
  FakeCluster cluster(0, 2);
  clock.advance(1000);
  cluster.others = [](int, std::size_t, std::span<const double> own) {
    return std::vector<double>{4, own[1] + own[0], 0};  // it begins where this rank ends
  };
  const FakeStep step(clock, {2.0});
  std::vector<double> shown;
  const Progress progress = [&](std::size_t, std::int64_t, std::int64_t, double seconds) {
    shown.push_back(seconds);
  };

  const Samples samples = measure({step.timed()}, {0, 100, 0, 18}, cluster, progress).at(0);

  EXPECT_THAT(samples.starts, ElementsAre(ElementsAre(1000, 1002, 1004), ElementsAre(1002, 1004, 1006)));
  EXPECT_THAT(samples.per_rank, ElementsAre(ElementsAre(2, 2, 2), ElementsAre(4, 4, 4)));
  EXPECT_THAT(shown, ElementsAre(6, 6, 6));
  EXPECT_EQ(samples.stop_reason, StopReason::max_seconds);  // after 18 s, not after 12
}

TEST(MeasuringLoop, RemembersWhereBurstsBegan) {
  FakeClock clock;
  SingleRank cluster;
  const FakeStep step(clock, {1.0});

  const std::vector<Samples> alone = measure({step.timed()}, exactly(2, 25), cluster);
  const std::vector<Samples> two = measure({step.timed(), step.timed()}, exactly(2, 13), cluster);

  EXPECT_THAT(alone.at(0).bursts, ElementsAre(0, 10, 20));
  for (const Samples& samples : two) EXPECT_THAT(samples.bursts, ElementsAre(0, 5, 10));
}

TEST(MeasuringLoop, EachPartHasItsOwnMaximumAndARankTheSumOfItsParts) {
  FakeClock clock;
  FakeCluster cluster(0, 2);
  cluster.others = [](int, std::size_t call, std::span<const double> own) {
    return call == 0 ? std::vector<double>{8, 1, 1, own[3], 0} : std::vector<double>{1, 1, 64, own[3], 0};
  };
  const FakeStep step = FakeStep::with_parts(clock, {{1, 2, 4}, {16, 2, 4}});
  std::vector<double> shown;
  const Progress progress = [&](std::size_t, std::int64_t, std::int64_t, double seconds) {
    shown.push_back(seconds);
  };

  const Samples samples = measure({step.timed()}, exactly(0, 2), cluster, progress).at(0);

  EXPECT_THAT(samples.slowest, ElementsAre(ElementsAre(8, 16), ElementsAre(2, 2), ElementsAre(4, 64)));
  EXPECT_THAT(samples.per_rank, ElementsAre(ElementsAre(7, 22), ElementsAre(10, 66)));
  EXPECT_THAT(shown, ElementsAre(10, 66));  // the slowest rank's step, not the sum of the maxima
}

TEST(MeasuringLoop, RanksStopByTheTimeOfTheSlowestRank) {
  FakeClock clock;
  FakeCluster cluster(0, 2);
  cluster.others = [](int, std::size_t, std::span<const double> own) {
    return std::vector<double>{10, own[1], 0};
  };
  const FakeStep step(clock, {1.0});

  const Samples samples = measure({step.timed()}, {0, 100, 0, 30}, cluster).at(0);

  EXPECT_THAT(samples.slowest.at(0), ElementsAre(10, 10, 10));
  EXPECT_EQ(samples.stop_reason, StopReason::max_seconds);
}

TEST(MeasuringLoop, OtherRanksObeyWhatRankZeroBroadcasts) {
  FakeClock clock;
  FakeCluster root(0, 2);
  const FakeStep root_step(clock, {10.0});
  const Samples decided = measure({root_step.timed()}, {2, 100, 0, 70}, root).at(0);
  FakeCluster other(1, 2);
  other.decisions = root.decisions;
  const FakeStep step(clock, {0.001});
  int progress_calls = 0;
  const Progress progress = [&](std::size_t, std::int64_t, std::int64_t, double) { ++progress_calls; };

  const Samples samples = measure({step.timed()}, {2, 100, 0, 70}, other, progress).at(0);

  EXPECT_EQ(step.runs(), 2 + 7);  // by its own times it would have gone on to 100
  EXPECT_EQ(samples.stop_reason, StopReason::max_seconds);
  EXPECT_EQ(samples.stop_reason, decided.stop_reason);
  EXPECT_EQ(other.journal.size(), 2u + 7u * 3u);  // the same collective calls as rank 0
  EXPECT_THAT(root.journal, ElementsAreArray(other.journal));
  EXPECT_THAT(samples.slowest, IsEmpty());
  EXPECT_THAT(samples.per_rank, IsEmpty());
  EXPECT_EQ(progress_calls, 0);
}

Journal& append(Journal& journal, int count, const Journal& entries) {
  for (int i = 0; i < count; ++i) journal.insert(journal.end(), entries.begin(), entries.end());
  return journal;
}

TEST(MeasuringLoop, SubjectsTakeTurnsOfFiveStepsInTheOrderOfTheSeed) {
  FakeClock clock;
  FakeCluster cluster(0, 1);
  const std::vector<std::string> names{"a", "b", "c"};
  std::vector<TimedStep> steps;
  for (const std::string& name : names)
    steps.push_back(FakeStep(clock, numbered(100)).noted(cluster.journal, name).timed());
  TimingSettings settings = exactly(2, 13);
  settings.seed = 99;

  const std::vector<Samples> samples = measure(steps, settings, cluster);

  Journal expected;
  Turns turns(3, 99);
  std::string latest;
  for (int round = 0; round < 3; ++round)
    for (const std::size_t subject : turns.next_round()) {
      const std::string& name = names[subject];
      const int untimed = round == 0 ? 2 : name == latest ? 0 : 1;
      append(append(expected, untimed, {name, "max"}), round == 2 ? 3 : 5,
             {"barrier", name, "gather", "broadcast"});
      latest = name;
    }
  EXPECT_EQ(cluster.journal, expected);
  // Runs are numbered: the burn-in and the first run after another subject's turn are not among those
  // counted.
  for (const Samples& sample : samples) {
    EXPECT_THAT(sample.slowest.at(0), SizeIs(13));
    EXPECT_EQ(sample.slowest.at(0).front(), 3);
  }
}

TEST(MeasuringLoop, ASubjectLeftAloneRunsOnWithoutUntimedSteps) {
  FakeClock clock;
  SingleRank cluster;
  const FakeStep slow(clock, {10.0});
  const FakeStep fast(clock, {1.0});

  const std::vector<Samples> samples = measure({slow.timed(), fast.timed()}, {2, 30, 0, 50}, cluster);

  EXPECT_EQ(slow.runs(), 2 + 5);
  EXPECT_EQ(samples.at(0).stop_reason, StopReason::max_seconds);
  EXPECT_LE(fast.runs(), 2 + 1 + 30);  // at most one, where the slow one's only turn came in between
  EXPECT_EQ(samples.at(1).stop_reason, StopReason::steps);
}

TEST(MeasuringLoop, ProgressHearsOfEveryTimedStepAndNoOther) {
  FakeClock clock;
  SingleRank cluster;
  const FakeStep step(clock, {1.0});
  std::vector<std::size_t> subjects;
  std::vector<std::int64_t> steps;
  std::vector<std::int64_t> most;
  const Progress progress = [&](std::size_t subject, std::int64_t count, std::int64_t limit, double) {
    subjects.push_back(subject);
    steps.push_back(count);
    most.push_back(limit);
  };

  measure({step.timed(), step.timed()}, exactly(5, 3), cluster, progress);

  const std::vector<std::size_t> order = Turns(2, TimingSettings().seed).next_round();
  EXPECT_THAT(subjects, ElementsAre(order[0], order[0], order[0], order[1], order[1], order[1]));
  EXPECT_THAT(steps, ElementsAre(1, 2, 3, 1, 2, 3));
  EXPECT_THAT(most, Each(3));
}

TEST(MeasuringLoop, NothingToMeasureYieldsNothing) {
  SingleRank cluster;
  EXPECT_THAT(measure({}, exactly(10, 100), cluster), IsEmpty());
}

}  // namespace
}  // namespace cnnbench
