#include "harness/measure/over_ranks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "harness/measure/rank_flags.h"

namespace cnnbench {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// [rank][step]; all steps in one burst.
Samples samples_of(std::vector<std::vector<double>> starts, std::vector<std::vector<double>> seconds) {
  Samples samples;
  samples.starts = std::move(starts);
  samples.per_rank = std::move(seconds);
  samples.bursts = {0};
  return samples;
}

std::vector<std::string> flag_texts(const Samples& samples, const std::vector<std::string>& hosts = {}) {
  std::vector<std::string> list;
  for (const Flag& flag : rank_flags(samples, hosts)) list.push_back(flag.text);
  return list;
}

TEST(StepOverRanks, GoesFromTheFirstStartToTheLastEnd) {
  // Rank 1 begins first and ends last; rank 2 begins last.
  const Samples samples = samples_of({{12}, {10}, {13}}, {{2}, {8}, {1}});
  const StepOverRanks step = step_over_ranks(samples, 0);
  EXPECT_EQ(step.seconds, 8);
  EXPECT_EQ(step.longest, 8);
  EXPECT_EQ(step.skew, 3);
}

TEST(StepOverRanks, OfRanksThatRunOneAfterTheOtherIsTheirSum) {
  const Samples samples = samples_of({{0}, {2}, {5}}, {{2}, {3}, {4}});
  const StepOverRanks step = step_over_ranks(samples, 0);
  EXPECT_EQ(step.seconds, 9);
  EXPECT_EQ(step.longest, 4);
  EXPECT_EQ(step.skew, 5);
}

TEST(StepOverRanks, OfOneRankIsItsOwnTimeToTheLastDigit) {
  const Samples samples = samples_of({{123456.789}}, {{1e-6 / 3}});
  EXPECT_EQ(step_over_ranks(samples, 0).seconds, 1e-6 / 3);
  EXPECT_THAT(makespans(samples), ElementsAre(1e-6 / 3));
}

TEST(OverRanks, KeepsThePartsOfTheTimeApart) {
  const Samples samples = samples_of({{0, 20}, {2, 20}}, {{2, 4}, {2, 8}});
  const OverRanks parts = over_ranks(samples, 0);
  EXPECT_EQ(parts.seconds.total, 4 + 8);
  EXPECT_EQ(parts.longest.total, 2 + 8);
  EXPECT_EQ(parts.start_skew.total, 2 + 0);
  EXPECT_EQ(parts.waiting.total, 2 + 0);
  EXPECT_THROW(over_ranks(samples_of({{}, {}}, {{}, {}}), 0), std::invalid_argument);
}

TEST(Imbalance, OfTwoRanksIsSlowestOverFastest) {
  EXPECT_DOUBLE_EQ(imbalance(samples_of({{0}, {0}}, {{1}, {2}})).value(), 2);
}

TEST(Imbalance, IsSlowestOverTheMedianOfTheOthers) {
  // 3 / 1.5, 4 / 1.5, 6 / 3, 5 / 3; the median of these is 2.
  const Samples samples =
      samples_of({{0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}}, {{1, 4, 2, 1}, {2, 2, 4, 5}, {3, 1, 6, 5}});
  EXPECT_DOUBLE_EQ(imbalance(samples).value(), 2);
  EXPECT_THAT(slowest_steps(samples), ElementsAre(1, 1, 2));
}

TEST(Imbalance, OfOneRankIsNone) {
  EXPECT_FALSE(imbalance(samples_of({{0}}, {{1}})));
}

TEST(BurstTime, CountsWhatLiesBetweenTheStepsOfABurstAndNotBetweenBursts) {
  Samples samples = samples_of({{0, 3, 100, 104}, {1, 3, 100, 105}}, {{1, 1, 1, 1}, {1, 1, 2, 1}});
  samples.bursts = {0, 2};
  const BurstTime time = burst_time(samples);
  EXPECT_EQ(time.steps, 2 + 1 + 2 + 2);
  EXPECT_EQ(time.bursts, 4 + 6);
  EXPECT_EQ(time.gaps, 2);
}

TEST(RankFlags, AreNoneForRanksThatRunTogether) {
  EXPECT_THAT(flag_texts(samples_of({{0, 2}, {0, 2}}, {{2, 2}, {2, 2}})), IsEmpty());
  EXPECT_THAT(flag_texts(samples_of({{0, 2}}, {{2, 2}})), IsEmpty());
  EXPECT_THAT(flag_texts({}), IsEmpty());
}

TEST(RankFlags, NameTheRankThatIsSlowestMostOftenAndItsHost) {
  const Samples two = samples_of({{0, 3, 6}, {0, 3, 6}}, {{1, 3, 2}, {3, 1, 3}});
  EXPECT_THAT(flag_texts(two),
              ElementsAre("the slowest rank takes 3.00 times as long as the other rank; slowest "
                          "in 2 of 3 steps: rank 1"));
  EXPECT_THAT(flag_texts(two, {"node-a", "node-b"}),
              ElementsAre("the slowest rank takes 3.00 times as long as the other rank; slowest in 2 of 3 "
                          "steps: rank 1 on node-b"));
  const Samples three = samples_of({{0}, {0}, {0}}, {{1}, {2}, {3}});
  EXPECT_THAT(flag_texts(three), ElementsAre("the slowest rank takes 2.00 times as long as the median of the "
                                             "others; slowest in 1 of 1 steps: rank 2"));
}

TEST(RankFlags, SayWhereRanksRunOneAfterTheOther) {
  EXPECT_THAT(
      flag_texts(samples_of({{0, 8}, {4, 12}}, {{4, 4}, {4, 4}})),
      ElementsAre("the steps of all ranks take 2.00 times as long as those of the slowest rank alone: "
                  "the ranks do not run at the same time. Do they share cores?"));
  EXPECT_THAT(flag_texts(samples_of({{0}, {1}}, {{16}, {16}})), IsEmpty());
}

TEST(RankFlags, SayWhereMostOfABurstLiesBetweenItsSteps) {
  EXPECT_THAT(
      flag_texts(samples_of({{0, 4}}, {{1, 1}})),
      ElementsAre("the steps add up to 2 s, the bursts that they were taken in took 5 s: 2.50 times as "
                  "long"));
  // As many microseconds are what a barrier takes.
  EXPECT_THAT(flag_texts(samples_of({{0, 4e-6}}, {{1e-6, 1e-6}})), IsEmpty());
}

TEST(RankFlags, SayWhereTheClocksAreNotKnownWellEnough) {
  Samples samples = samples_of({{0}, {0}}, {{1e-3}, {1e-3}});
  samples.clock_error_seconds = 30e-6;
  EXPECT_THAT(flag_texts(samples),
              ElementsAre("the clocks of the nodes are known to ±30 µs of one another: 3 % of a step"));
  samples.clock_error_seconds = 10e-6;
  EXPECT_THAT(flag_texts(samples), IsEmpty());
}

}  // namespace
}  // namespace cnnbench
