#include "harness/measure/stopping_rule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <ostream>
#include <random>
#include <stdexcept>
#include <vector>

#include "harness/measure/statistics.h"

namespace cnnbench {
namespace {

struct Stop {
  std::int64_t steps;
  StopReason reason;
};

bool operator==(const Stop& a, const Stop& b) {
  return a.steps == b.steps && a.reason == b.reason;
}
std::ostream& operator<<(std::ostream& out, const Stop& stop) {
  return out << to_string(stop.reason) << " after " << stop.steps;
}

/// Feeds the rule with times of step 1, 2, … until it stops.
Stop run(const TimingSettings& settings, const std::function<double(std::int64_t)>& seconds) {
  StoppingRule rule(settings);
  for (std::int64_t step = 1;; ++step) {
    rule.add(seconds(step));
    if (const auto reason = rule.decide()) return {step, *reason};
  }
}

Stop run(const TimingSettings& settings, double seconds) {
  return run(settings, [seconds](std::int64_t) { return seconds; });
}

constexpr double no_precision = 0;
constexpr double no_limit = 0;

TEST(StoppingRule, GoesOnBeforeTheFirstStep) {
  EXPECT_FALSE(StoppingRule(TimingSettings{}).decide());
}

TEST(StoppingRule, TakesExactlyTheStepsWhereNoPrecisionIsAsked) {
  for (const std::int64_t steps : {1, 2, 9, 10, 11, 100}) {
    EXPECT_EQ(run({0, steps, no_precision, no_limit}, 1.0), (Stop{steps, StopReason::steps}));
  }
}

TEST(StoppingRule, NeedsTenStepsForPrecision) {
  EXPECT_EQ(run({0, 100, 0.01, no_limit}, 1.0), (Stop{10, StopReason::precision}));
}

TEST(StoppingRule, NeedsHalfASecondForPrecision) {
  EXPECT_EQ(run({0, 100, 0.01, no_limit}, 0.0078125), (Stop{64, StopReason::precision}));
  EXPECT_EQ(run({0, 100, 0.01, no_limit}, 0.05), (Stop{10, StopReason::precision}));
  EXPECT_EQ(run({0, 100, 0.01, no_limit}, 0.04), (Stop{13, StopReason::precision}));
}

TEST(StoppingRule, StepsAreTheMostEvenWherePrecisionIsNotReached) {
  EXPECT_EQ(run({0, 100, 0.01, no_limit}, 0.001), (Stop{100, StopReason::steps}));
  EXPECT_EQ(run({0, 5, 0.01, no_limit}, 1.0), (Stop{5, StopReason::steps}));
}

TEST(StoppingRule, PrecisionMayBeJustReached) {
  // Among 10 the interval is from the 2nd to the 9th: 99 … 101, half a width of 1 % of the median.
  const auto seconds = [](std::int64_t step) { return step % 2 == 0 ? 99.0 : 101.0; };
  EXPECT_EQ(run({0, 20, 0.01, no_limit}, seconds), (Stop{10, StopReason::precision}));
  // Among 11 the median itself is 101.
  EXPECT_EQ(run({0, 20, 0.00995, no_limit}, seconds), (Stop{11, StopReason::precision}));
  EXPECT_EQ(run({0, 20, 0.0098, no_limit}, seconds), (Stop{20, StopReason::steps}));
}

TEST(StoppingRule, GoesOnWhereStepsHangTogether) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  constexpr double precision = 0.005;
  constexpr int runs = 400;
  int right = 0;
  for (int i = 0; i < runs; ++i) {
    std::vector<double> steps;
    double burst = 0;
    const Stop stop = run({0, 5000, precision, no_limit}, [&](std::int64_t step) {
      if (step % 10 == 1) burst = normal(random);
      steps.push_back(0.01 * (1 + 0.01 * burst + 0.001 * normal(random)));
      return steps.back();
    });
    EXPECT_EQ(stop.reason, StopReason::precision);
    if (std::abs(summarize(steps).median / 0.01 - 1) <= precision) ++right;
  }
  EXPECT_GE(right, 0.92 * runs);
}

TEST(StoppingRule, OneVerySlowStepDoesNotKeepItFromStopping) {
  const auto seconds = [](std::int64_t step) { return step == 3 ? 50.0 : 1.0; };
  EXPECT_EQ(run({0, 100, 0.01, no_limit}, seconds), (Stop{10, StopReason::precision}));
}

TEST(StoppingRule, StopsAfterMaxSecondsOfTimedSteps) {
  EXPECT_EQ(run({0, 100, no_precision, 5}, 0.5), (Stop{10, StopReason::max_seconds}));
  EXPECT_EQ(run({0, 100, no_precision, 5}, 0.75), (Stop{7, StopReason::max_seconds}));
}

TEST(StoppingRule, TakesOneStepHoweverShortTheTime) {
  EXPECT_EQ(run({0, 100, no_precision, 1e-9}, 60), (Stop{1, StopReason::max_seconds}));
}

TEST(StoppingRule, AnswersInTheOrderStepsPrecisionMaxSeconds) {
  EXPECT_EQ(run({0, 10, 0.01, 10}, 1.0), (Stop{10, StopReason::steps}));
  EXPECT_EQ(run({0, 11, 0.01, 10}, 1.0), (Stop{10, StopReason::precision}));
  EXPECT_EQ(run({0, 11, no_precision, 10}, 1.0), (Stop{10, StopReason::max_seconds}));
}

TEST(StoppingRule, StopsAtTheFirstLookWhereThePlainComputationSaysSo) {
  for (const double precision : {0.08, 0.02, 0.01}) {
    std::mt19937 random(7);
    std::vector<double> steps;
    double total = 0;
    std::size_t next_look = 10;
    StoppingRule rule({0, 20000, precision, no_limit});
    for (bool stopped = false; !stopped;) {
      const double seconds = 0.01 + 0.01 * static_cast<double>(random() % 4096) / 4096;
      total += seconds;
      steps.push_back(seconds);
      bool expected = false;
      if (total >= 0.5 && steps.size() >= next_look) {
        next_look = steps.size() + 1 + steps.size() / 20;
        const auto interval = median_interval(steps);
        const double median = summarize(steps).median;
        expected = interval && (interval->high - interval->low) / 2 <= precision * median;
      }

      rule.add(seconds);
      stopped = rule.decide() == StopReason::precision;

      ASSERT_EQ(stopped, expected) << steps.size();
      ASSERT_LT(steps.size(), 20000u);
    }
    // The tighter the longer, the tightest over several blocks of the sorted samples.
    if (precision == 0.01) {
      EXPECT_GT(steps.size(), 1024u);
    }
  }
}

TEST(StoppingRule, RefusesSettingsOutOfRange) {
  const double unbounded = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const TimingSettings& settings :
       {TimingSettings{0, 0, 0, 0}, TimingSettings{-1, 1, 0, 0}, TimingSettings{0, 1, -0.01, 0},
        TimingSettings{0, 1, nan, 0}, TimingSettings{0, 1, 0, -1}, TimingSettings{0, 1, 0, unbounded}}) {
    EXPECT_THROW(StoppingRule{settings}, std::invalid_argument);
  }
}

TEST(StoppingRule, NamesEveryReason) {
  EXPECT_EQ(to_string(StopReason::steps), "steps");
  EXPECT_EQ(to_string(StopReason::precision), "precision");
  EXPECT_EQ(to_string(StopReason::max_seconds), "max_seconds");
  EXPECT_EQ(to_string(StopReason::interrupted), "interrupted");
}

}  // namespace
}  // namespace cnnbench
