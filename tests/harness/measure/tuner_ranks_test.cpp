// Several ranks choose alike, and none waits for ever where one goes another way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/measure/runner.h"
#include "harness/measure/tuner.h"
#include "tests/harness/cluster/thread_cluster.h"
#include "tests/harness/measure/runner_fixture.h"

namespace cnnbench {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::SizeIs;

/// Candidates of one rank that take so long there.
std::vector<Candidate> taking(FakeClock& clock, const std::vector<double>& seconds) {
  std::vector<Candidate> list;
  for (const double each : seconds)
    list.push_back({std::string(1, static_cast<char>('a' + list.size())),
                    [&clock, each] { return [&clock, each] { clock.advance(each); }; }});
  return list;
}

/// What `ask` returns or throws on each of two ranks, which then finish.
template <typename Ask>
std::vector<std::string> on_two_ranks(Ask ask) {
  std::vector<std::string> answers(2);
  ThreadCluster::run(2, [&](Cluster& cluster) {
    FakeClock clock;
    TimingTuner tuner(cluster, clock, 1 + cluster.rank());
    std::string& answer = answers[static_cast<std::size_t>(cluster.rank())];
    std::string message;
    try {
      answer = ask(cluster.rank(), tuner, clock);
    } catch (const std::bad_alloc&) {
      answer = message = "bad_alloc";
    } catch (const std::runtime_error& error) {
      answer = message = error.what();
    }
    tuner.finish(message);
  });
  return answers;
}

TEST(TuningOnRanks, AddsTheirTimesUpSoThatAllChooseAlike) {
  const auto answers = on_two_ranks([](int rank, TimingTuner& tuner, FakeClock& clock) {
    const std::vector<double> seconds = rank == 0 ? std::vector{1.0, 1.2} : std::vector{3.0, 2.0};
    return std::to_string(tuner.fastest("work", taking(clock, seconds), 0));
  });
  EXPECT_THAT(answers, Each("1"));
}

TEST(TuningOnRanks, DoesWithoutACandidateThatThrowsOnOneOfThem) {
  const auto answers = on_two_ranks([](int rank, TimingTuner& tuner, FakeClock& clock) {
    std::vector<Candidate> candidates = taking(clock, {3, 1, 2});
    if (rank == 1) candidates[1].make = []() -> std::function<void()> { throw std::runtime_error("no"); };
    return std::to_string(tuner.fastest("work", candidates, 0));
  });
  EXPECT_THAT(answers, Each("2"));
}

TEST(TuningOnRanks, FailsOnAllOfThemWhereTheFirstCandidateThrowsOnOne) {
  const auto answers = on_two_ranks([](int rank, TimingTuner& tuner, FakeClock& clock) {
    std::vector<Candidate> candidates = taking(clock, {1, 2});
    if (rank == 1) candidates[0].make = []() -> std::function<void()> { throw std::bad_alloc(); };
    return std::to_string(tuner.fastest("work", candidates, 0));
  });
  EXPECT_EQ(answers[1], "bad_alloc");
  EXPECT_THAT(answers[0], AllOf(HasSubstr("rank 1"), HasSubstr("bad_alloc")));
}

TEST(TuningOnRanks, NamesTheRankWithOtherCandidates) {
  const auto answers = on_two_ranks([](int rank, TimingTuner& tuner, FakeClock& clock) {
    const std::vector<double> seconds = rank == 0 ? std::vector{1.0, 2.0} : std::vector{1.0, 2.0, 3.0};
    return std::to_string(tuner.fastest("work", taking(clock, seconds), 0));
  });
  EXPECT_THAT(answers, Each(AllOf(HasSubstr("rank 0 chooses for work, 1 thread among [a] [b];"),
                                  HasSubstr("rank 1 chooses for work, 1 thread among [a] [b] [c]"))));
}

TEST(TuningOnRanks, NamesTheRankThatHasNothingToChoose) {
  const auto answers = on_two_ranks([](int rank, TimingTuner& tuner, FakeClock& clock) {
    if (rank == 1) return std::string("done");
    return std::to_string(tuner.fastest("work", taking(clock, {1, 2}), 0));
  });
  EXPECT_THAT(answers[0], HasSubstr("rank 1 has nothing to choose"));
  EXPECT_EQ(answers[1], "done");
}

TEST(TuningOnRanks, SaysWhyAnotherRankFailed) {
  const auto answers = on_two_ranks([](int rank, TimingTuner& tuner, FakeClock& clock) {
    tuner.fastest("first work", taking(clock, {1, 2}), 0);
    if (rank == 0) throw std::runtime_error("no such primitive");
    return std::to_string(tuner.fastest("second work", taking(clock, {1, 2}), 0));
  });
  EXPECT_THAT(answers[1], HasSubstr("rank 0 failed: no such primitive"));
}

TEST(TuningOnRanks, AnswersWhatItKnowsOnEachByItself) {
  const auto answers = on_two_ranks([](int rank, TimingTuner& tuner, FakeClock& clock) {
    tuner.fastest("work", taking(clock, {2, 1}), 0);
    if (rank == 1) return std::string("1");
    return std::to_string(tuner.fastest("work", taking(clock, {2, 1}), 0));
  });
  EXPECT_THAT(answers, Each("1"));
}

TEST_F(RunExperiment, IsNoFailureOfOthersWhereABackendFailsToPrepareOnOneRankBetweenTwoQuestions) {
  std::vector<Findings> found(2);
  const Model network_model = network();
  ThreadCluster::run(2, [&](Cluster& ranks) {
    FakeClock own_clock;
    TimingTuner tuner(ranks, own_clock, 1);
    const auto program = [&](const Model&, const PrepareOptions& options) -> std::unique_ptr<Program> {
      for (const std::string work : {"first", "second", "third"}) {
        if (work == "second" && ranks.rank() == 1) throw std::runtime_error("no such primitive");
        fastest(options, work, taking(own_clock, {2, 1}));
      }
      return std::make_unique<ScriptedProgram>(own_clock, std::vector<ScriptedProgram::Script>{});
    };
    const auto right = [&](const Model&, const PrepareOptions& options) -> std::unique_ptr<Program> {
      fastest(options, "other", taking(own_clock, {2, 1}));
      return std::make_unique<ScriptedProgram>(own_clock, std::vector<ScriptedProgram::Script>{});
    };
    const FakeBackend a("a", program);
    const FakeBackend b("b", right);
    Experiment mine = quick();
    mine.model = &network_model;
    mine.backends = {&a, &b};
    mine.measure = false;
    mine.tuner = &tuner;
    found[static_cast<std::size_t>(ranks.rank())] = run_experiment(mine, ranks, own_clock, {}, {});
  });
  for (const Findings& findings : found) {
    const std::vector<BackendReport>& backends = findings.report.backends;
    ASSERT_THAT(backends.at(0).failures, SizeIs(1));
    EXPECT_THAT(backends[0].failures[0].message, HasSubstr("rank 1 failed: no such primitive"));
    EXPECT_THAT(backends.at(1).failures, SizeIs(0));
  }
  EXPECT_THAT(found[0].choices, SizeIs(2));  // what was chosen before, and by the other backend
}

}  // namespace
}  // namespace cnnbench
