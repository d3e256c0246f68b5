#include "harness/measure/condition_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace cnnbench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

Conditions conditions(double seconds, std::int64_t switches) {
  Conditions result;
  result.seconds = seconds;
  result.involuntary_switches = switches;
  return result;
}

CanaryTimes times(double cores, double cache, double memory) {
  CanaryTimes result;
  result[Part::cores] = cores;
  result[Part::cache] = cache;
  result[Part::memory] = memory;
  return result;
}

TEST(ConditionFlags, AreRaisedAboveTheirLimits) {
  EXPECT_THAT(condition_flags({}, 2), SizeIs(0));
  Conditions at_limits = conditions(2, 200);  // 50 switches a second and core
  at_limits.throttled_seconds = 0;
  at_limits.slowdown = 1.05;
  at_limits.cache_slowdown = at_limits.memory_slowdown = 1.25;
  at_limits.steal_share = 0.01;
  at_limits.other_load = 0.05;
  EXPECT_THAT(condition_flags(at_limits, 2), SizeIs(0));

  Conditions above = conditions(2, 240);
  above.throttled_seconds = 0.25;
  above.slowdown = 1.2;
  above.cache_slowdown = 1.3;
  above.memory_slowdown = 1.5;
  above.steal_share = 0.034;
  above.other_load = 0.4;
  const std::vector<Flag> flags = condition_flags(above, 2);
  ASSERT_THAT(flags, SizeIs(7));
  EXPECT_EQ(flags[0].text,
            "the kernel gave the cores to others 240 times in 2 s: 60 times a second and core");
  EXPECT_EQ(flags[1].text, "the control group's CPU quota held the process back for 0.25 s");
  EXPECT_EQ(flags[2].text, "the hypervisor gave 3.4 % of the cores' time to other machines");
  EXPECT_EQ(flags[3].text, "other processes took 40 % of the CPU time of the node");
  EXPECT_THAT(flags[4].text, HasSubstr("a fixed loop between the steps took 1.20 times as long"));
  EXPECT_THAT(flags[5].text, HasSubstr("from the last-level cache between the steps took 1.30 times"));
  EXPECT_THAT(flags[6].text, HasSubstr("from memory between the steps took 1.50 times"));
  EXPECT_EQ(flags[5].about, "slower cache");  // a kind of its own: a table counts the times of each
  EXPECT_EQ(flags[6].about, "slower memory");
}

TEST(ConditionFlags, OfAFewSwitchesInAShortTimeAreNotRaised) {
  EXPECT_THAT(condition_flags(conditions(0.01, 9), 1), SizeIs(0));
  EXPECT_THAT(condition_flags(conditions(0.01, 10), 1), SizeIs(1));
}

TEST(RateCanaries, TakesTheSlowestRankAgainstItsOwnReference) {
  Conditions found;
  found.canaries = {times(2, 3, 1), times(3, 3, 1)};
  rate_canaries(found, std::vector{times(1, 3, 1), times(2.5, 2, NAN)});
  EXPECT_EQ(found.slowdown, 2);
  EXPECT_EQ(found.cache_slowdown, 1.5);
  EXPECT_EQ(found.memory_slowdown, 1);
}

TEST(RateCanaries, KnowsNothingWhereNothingWasSungOrReferred) {
  Conditions found;
  rate_canaries(found, std::vector{times(1, 1, 1)});
  EXPECT_EQ(found.slowdown, std::nullopt);
  found.canaries = {times(NAN, 1, 1)};
  rate_canaries(found, std::vector{times(1, 0, NAN)});
  EXPECT_EQ(found.slowdown, std::nullopt);
  EXPECT_EQ(found.cache_slowdown, std::nullopt);
  EXPECT_EQ(found.memory_slowdown, std::nullopt);
}

TEST(RateCanaries, OfRecordsRenewsTheirFlagsByAReferenceThatIsKnownLater) {
  Record record;
  record.conditions.canaries = {times(1.0, 1, 1)};
  record.flags = {{"drift", "it drifts", 0.1}};
  PassReport report;
  report.backends.push_back({"fake"});
  std::vector<Record>& records = report.backends[0].views[View::network].records;
  records = {record};

  rate_canaries(report, std::vector{times(1.9, 1, 1)});  // of a disturbed start-up
  EXPECT_THAT(records[0].flags, SizeIs(1));
  rate_canaries(report, std::vector{times(0.5, 1, 1)});
  ASSERT_THAT(records[0].flags, SizeIs(2));
  EXPECT_EQ(records[0].flags[0].about, "drift");
  EXPECT_EQ(records[0].flags[1].about, "slower cores");
  EXPECT_EQ(records[0].conditions.slowdown, 2);
  rate_canaries(report, std::vector{times(0.25, 1, 1)});
  EXPECT_THAT(records[0].flags, SizeIs(2));
  EXPECT_EQ(records[0].flags[1].size, 4);
}

}  // namespace
}  // namespace cnnbench
