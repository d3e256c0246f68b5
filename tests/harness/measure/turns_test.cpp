#include "harness/measure/turns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace cnnbench {
namespace {

using Round = std::vector<std::size_t>;

TEST(Turns, EveryRoundHasEachSubjectOnce) {
  for (const std::size_t subjects : {1U, 2U, 3U, 8U}) {
    Turns turns(subjects, 5);
    for (int round = 0; round < 7; ++round) {
      Round sorted = turns.next_round();
      std::sort(sorted.begin(), sorted.end());
      ASSERT_EQ(sorted.size(), subjects);
      for (std::size_t i = 0; i < subjects; ++i) EXPECT_EQ(sorted[i], i);
    }
  }
}

TEST(Turns, OverAPairOfRoundsEverySubjectHasTheSameMeanPlace) {
  Turns turns(5, 11);
  for (int pair = 0; pair < 20; ++pair) {
    const Round first = turns.next_round();
    const Round second = turns.next_round();
    for (std::size_t subject = 0; subject < 5; ++subject) {
      const auto place = [&](const Round& round) {
        return std::find(round.begin(), round.end(), subject) - round.begin();
      };
      EXPECT_EQ(place(first) + place(second), 4);
    }
  }
}

TEST(Turns, InTheLongRunEverySubjectFollowsEveryOtherEquallyOften) {
  constexpr int pairs = 4000;
  Turns turns(4, 3);
  std::map<std::pair<std::size_t, std::size_t>, int> follows;
  for (int round = 0; round < 2 * pairs; ++round) {
    const Round order = turns.next_round();
    for (std::size_t i = 1; i < order.size(); ++i) ++follows[{order[i - 1], order[i]}];
  }
  ASSERT_EQ(follows.size(), 12U);
  const double expected = 2.0 * pairs * 3 / 12;
  for (const auto& [couple, count] : follows) EXPECT_NEAR(count, expected, 0.06 * expected);
}

TEST(Turns, AreThoseOfTheSeed) {
  Turns one(6, 42);
  Turns same(6, 42);
  std::set<Round> first_rounds;
  for (int round = 0; round < 10; ++round) EXPECT_EQ(one.next_round(), same.next_round());
  for (std::uint64_t seed = 1; seed <= 20; ++seed) first_rounds.insert(Turns(6, seed).next_round());
  EXPECT_GT(first_rounds.size(), 15U);
}

}  // namespace
}  // namespace cnnbench
