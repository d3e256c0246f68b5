// What the tuner chooses, keeps and takes over.
#include "harness/measure/tuner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/harness/measure/fakes.h"

namespace cnnbench {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Tuning : public ::testing::Test {
 protected:
  Candidate lasting(const std::string& name, double seconds) {
    return {name, [this, name, seconds] {
              ++made[name];
              most_alive = std::max(most_alive, ++alive);
              const std::shared_ptr<void> end(nullptr, [this](void*) { --alive; });
              return [this, name, seconds, end] {
                ++runs[name];
                clock.advance(seconds);
              };
            }};
  }

  Candidate failing(const std::string& name) {
    return {name, [this, name]() -> std::function<void()> {
              ++made[name];
              throw std::runtime_error(name + " is not there");
            }};
  }

  std::size_t ask(const std::string& key, const std::vector<Candidate>& candidates) {
    return tuner.fastest(key, candidates, 0);
  }

  FakeClock clock;
  SingleRank alone;
  TimingTuner tuner{alone, clock, 2};
  std::map<std::string, int> made;
  std::map<std::string, int> runs;
  int alive = 0;
  int most_alive = 0;
};

TEST_F(Tuning, ChoosesTheFastest) {
  EXPECT_EQ(ask("work", {lasting("a", 3), lasting("b", 1), lasting("c", 2)}), 1U);
}

TEST_F(Tuning, ChoosesTheFirstUnlessAnotherIsClearlyFaster) {
  EXPECT_EQ(ask("even", {lasting("a", 1), lasting("b", 0.96)}), 0U);
  EXPECT_EQ(ask("clear", {lasting("a", 1), lasting("b", 0.94), lasting("c", 0.92)}), 2U);
}

TEST_F(Tuning, CountsTheShortestRun) {
  int run = 0;
  int short_one = 3;
  const Candidate noisy{"noisy", [&] { return [&] { clock.advance(++run == short_one ? 0.2 : 0.3); }; }};
  EXPECT_EQ(ask("work", {lasting("a", 0.25), noisy}), 1U);
  run = 0;
  short_one = 1;  // the one to warm up
  EXPECT_EQ(ask("other work", {lasting("a", 0.25), noisy}), 0U);
}

TEST_F(Tuning, DoesNotRunAgainWhatHasNoChance) {
  ask("work", {lasting("fast", 1), lasting("slow", 1.6), lasting("near", 1.4)});
  EXPECT_EQ(runs["fast"], 6);
  EXPECT_EQ(runs["near"], 6);
  EXPECT_EQ(runs["slow"], 2);  // to warm up, and one
  EXPECT_EQ(made["slow"], 1);
}

TEST_F(Tuning, RunsOnlyOnceInARoundWhatTakesLong) {
  ask("work", {lasting("a", 3), lasting("b", 3)});
  EXPECT_EQ(runs["a"], 4);
}

TEST_F(Tuning, HoldsOneCandidateAtATime) {
  ask("work", {lasting("a", 1), lasting("b", 1), lasting("c", 1)});
  EXPECT_EQ(most_alive, 1);
  EXPECT_EQ(alive, 0);
}

TEST_F(Tuning, DoesWithoutACandidateThatThrows) {
  const Candidate breaking{"breaking", [] { return [] { throw std::runtime_error("no"); }; }};
  EXPECT_EQ(ask("work", {lasting("a", 3), failing("b"), breaking, lasting("c", 2)}), 3U);
  const std::vector<Choice> choices = tuner.finish("");
  ASSERT_THAT(choices, SizeIs(1));
  for (const std::size_t out : {1, 2}) EXPECT_FALSE(std::isfinite(choices[0].candidates[out].seconds));
  EXPECT_EQ(choices[0].candidates[3].seconds, 2);
}

TEST_F(Tuning, PassesOnWhatTheFirstCandidateThrowsAndKeepsNothing) {
  const Candidate hungry{"a", [] { return []() { throw std::bad_alloc(); }; }};
  EXPECT_THROW(ask("work", {hungry, lasting("b", 1)}), std::bad_alloc);
  EXPECT_THAT(tuner.finish("out of memory"), IsEmpty());
  EXPECT_EQ(ask("work", {lasting("a", 1), lasting("b", 3)}), 0U);
  EXPECT_GT(made["a"], 0);
}

TEST_F(Tuning, KeepsAnAnswerForItsBackendAndKey) {
  tuner.begin("first");
  ask("work", {lasting("a", 3), lasting("b", 1)});
  made.clear();
  EXPECT_EQ(ask("work", {lasting("a", 1), lasting("b", 3)}), 1U);
  EXPECT_THAT(made, IsEmpty());
  EXPECT_EQ(ask("other work", {lasting("a", 1), lasting("b", 3)}), 0U);
  tuner.begin("second");
  EXPECT_EQ(ask("work", {lasting("a", 1), lasting("b", 3)}), 0U);
}

TEST_F(Tuning, TimesAnewWhereWhatItKeptIsNoCandidateAnyMore) {
  ask("work", {lasting("a", 3), lasting("b", 1), lasting("c", 2)});
  EXPECT_EQ(ask("work", {lasting("c", 2), lasting("a", 3)}), 0U);
  EXPECT_EQ(ask("work", {lasting("c", 9), lasting("a", 3)}), 0U);
}

TEST_F(Tuning, ReportsEachChoiceOnceWithTheSecondsOfItsCandidates) {
  tuner.begin("torch");
  ask("work", {lasting("a", 3), lasting("b", 1)});
  ask("work", {lasting("a", 3), lasting("b", 1)});
  const std::vector<Choice> choices = tuner.finish("");
  ASSERT_THAT(choices, SizeIs(1));
  EXPECT_EQ(choices[0].backend, "torch");
  EXPECT_EQ(choices[0].key, "work, 2 threads");
  EXPECT_EQ(choices[0].chosen, "b");
  EXPECT_FALSE(choices[0].given);
  ASSERT_THAT(choices[0].candidates, SizeIs(2));
  EXPECT_EQ(choices[0].candidates[0].name, "a");
  EXPECT_EQ(choices[0].candidates[0].seconds, 3);
  EXPECT_EQ(choices[0].candidates[1].seconds, 1);
  EXPECT_THAT(tuner.finish(""), IsEmpty());
}

class GivenChoices : public Tuning {
 protected:
  static Choice given(const std::string& key, const std::string& chosen) {
    Choice choice;
    choice.backend = "torch";
    choice.key = key;
    choice.chosen = chosen;
    return choice;
  }

  void SetUp() override { told.begin("torch"); }

  TimingTuner told{
      alone,
      clock,
      2,
      {given("work, 2 threads", "a"), given("work, 2 threads", "b"), given("work, 1 thread", "c")}};
  std::vector<Candidate> candidates{lasting("a", 1), lasting("b", 3), lasting("c", 2)};
};

TEST_F(GivenChoices, AreTakenOverWithoutTimingTheLastOfAKey) {
  EXPECT_EQ(told.fastest("work", candidates, 0), 1U);
  EXPECT_EQ(told.fastest("work", candidates, 0), 1U);
  EXPECT_THAT(made, IsEmpty());
  const std::vector<Choice> choices = told.finish("");
  ASSERT_THAT(choices, SizeIs(1));
  EXPECT_TRUE(choices[0].given);
  EXPECT_EQ(choices[0].chosen, "b");
  EXPECT_EQ(choices[0].gone, "");
  for (const Choice::Candidate& candidate : choices[0].candidates)
    EXPECT_FALSE(std::isfinite(candidate.seconds));
}

TEST_F(GivenChoices, AreForTheirBackendAlone) {
  told.begin("onednn:impl=best");
  EXPECT_EQ(told.fastest("work", candidates, 0), 0U);
}

TEST_F(GivenChoices, ThatAreNoCandidateAnyMoreAreTimedAndNamed) {
  candidates[1].name = "other";
  EXPECT_EQ(told.fastest("work", candidates, 0), 0U);
  const std::vector<Choice> choices = told.finish("");
  ASSERT_THAT(choices, SizeIs(1));
  EXPECT_FALSE(choices[0].given);
  EXPECT_EQ(choices[0].gone, "b");
  EXPECT_EQ(choices[0].chosen, "a");
}

TEST(WithoutATuner, TheFirstCandidateIsTakenAndNoneIsMade) {
  const Candidate never{"a", []() -> std::function<void()> { throw std::logic_error("made"); }};
  EXPECT_EQ(fastest({}, "work", std::vector{never, never}), 0U);
}

}  // namespace
}  // namespace cnnbench
