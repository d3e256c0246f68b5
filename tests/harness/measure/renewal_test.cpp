#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/measure/measuring_loop.h"
#include "harness/measure/tuner.h"
#include "tests/harness/measure/runner_fixture.h"

namespace cnnbench {
namespace {

using ::testing::Each;
using ::testing::Field;
using ::testing::Gt;
using ::testing::SizeIs;
using ::testing::StartsWith;

/// Two subjects whose renewals and moves are counted.
class RenewalTest : public ::testing::Test {
 protected:
  std::vector<Samples> measured(std::int64_t steps, double seconds_a_renewal) {
    const std::vector<TimedStep> timed{first.noted(journal, "a").timed(), other.noted(journal, "b").timed()};
    const Renewal renewal{[this]() -> std::optional<StopReason> {
                            journal.push_back("renew");
                            ++renewals;
                            return renewals == fails_at ? std::optional(reason) : std::nullopt;
                          },
                          seconds_a_renewal,
                          [this] {
                            journal.push_back("move");
                            ++moves;
                            return can_move;
                          }};
    return measure(timed, exactly(3, steps), cluster, {}, nullptr, renewal);
  }

  /// The steps between renewals.
  std::vector<std::size_t> instances() const {
    std::vector<std::size_t> lengths(1);
    for (const std::string& what : journal) {
      if (what == "move" && lengths == std::vector<std::size_t>{0}) continue;  // to see how long it takes
      if (what == "renew" || what == "move")
        lengths.push_back(0);
      else
        ++lengths.back();
    }
    return lengths;
  }

  FakeClock clock;
  SingleRank cluster;
  FakeStep first{clock, {0.001}};
  FakeStep other{clock, {0.001}};
  Journal journal;
  int renewals = 0;
  int moves = 0;
  bool can_move = false;
  int fails_at = 0;
  StopReason reason = StopReason::failed;
};

// Of each subject 2 bursts of 5 steps; 3 steps of burn-in for the first instance and 2 untimed ones for each
// other.
TEST_F(RenewalTest, ComesAfterEveryTwentiethOfTheRounds) {
  const std::vector<Samples> samples = measured(200, 0.1);
  EXPECT_THAT(samples, Each(Field(&Samples::instances, 20)));
  EXPECT_THAT(samples[0].slowest[0], SizeIs(200));
  ASSERT_THAT(instances(), SizeIs(20));
  // Rounds come in pairs of opposite order, so that a subject may follow itself.
  for (std::size_t i = 0; i < 20; ++i) {
    const std::size_t untimed = i == 0 ? 3 : 2;
    EXPECT_GE(instances()[i], 2 * (untimed + 10)) << i;
    EXPECT_LE(instances()[i], 2 * (untimed + 10 + 1)) << i;
  }
}

TEST_F(RenewalTest, ComesAfterEveryRoundWhereThereAreFewerThanTwenty) {
  EXPECT_THAT(measured(40, 0.1), Each(Field(&Samples::instances, 8)));
}

// As batch_means() cuts 39 rounds into 20.
TEST_F(RenewalTest, HasInstancesOfEqualLengthUpToARound) {
  EXPECT_THAT(measured(195, 0.1), Each(Field(&Samples::instances, 20)));
  std::size_t long_ones = 0;
  for (const std::size_t steps : instances()) {
    EXPECT_LE(steps, 2U * (3 + 10 + 1));
    if (steps > 2U * (3 + 5 + 1)) ++long_ones;
  }
  EXPECT_EQ(long_ones, 19U);
}

TEST_F(RenewalTest, DoesNotComeWhereItTakesMoreThanAQuarterOfTheTime) {
  EXPECT_THAT(measured(200, 0.2), Each(Field(&Samples::instances, 1)));  // 3.8 s against 0.4 s
  EXPECT_THAT(instances(), SizeIs(1));
  journal.clear();
  EXPECT_THAT(measured(200'000, 0.2), Each(Field(&Samples::instances, 20)));  // against 400 s
}

TEST_F(RenewalTest, MovesTheMemoryWhereItTakesTooLongToMakeProgramsAnew) {
  can_move = true;
  EXPECT_THAT(measured(200, 0.2), Each(Field(&Samples::instances, 20)));
  EXPECT_EQ(renewals, 0);
  EXPECT_EQ(moves, 1 + 19);  // the first to see how long it takes
  EXPECT_THAT(instances(), SizeIs(20));
}

TEST_F(RenewalTest, DoesNotMoveMemoryWhereProgramsAreMadeAnew) {
  can_move = true;
  EXPECT_THAT(measured(200, 0.1), Each(Field(&Samples::instances, 20)));
  EXPECT_EQ(renewals, 19);
  EXPECT_EQ(moves, 0);
}

TEST_F(RenewalTest, EndsAllWithWhatTheyHaveWhereItFailsOrIsInterrupted) {
  fails_at = 3;
  for (const StopReason why : {StopReason::failed, StopReason::interrupted}) {
    reason = why;
    renewals = 0;
    for (const Samples& samples : measured(200, 0.1)) {
      EXPECT_EQ(samples.stop_reason, why);
      EXPECT_THAT(samples.slowest[0], SizeIs(30));
      EXPECT_EQ(samples.instances, 3);
    }
  }
}

class RunRenewal : public RunExperiment {};

TEST_F(RunRenewal, PreparesTheProgramsThatAreComparedAgainEveryOtherTimeInReverse) {
  std::string prepared;
  std::size_t idle = 0;
  std::shared_ptr<ScriptedProgram::Trace> before;
  const auto prepare = [&](const std::string& name) -> FakeBackend::Prepare {
    return [&, name](const Model& m, const PrepareOptions& o) {
      prepared += name;
      if (before && before->runs.empty()) ++idle;
      std::unique_ptr<Program> program = scripted(m, o.pass);
      before = prepared.size() % 2 == 0 ? trace : nullptr;  // the last of its round
      return program;
    };
  };
  const FakeBackend a("a", prepare("a"));
  const FakeBackend b("b", prepare("b"));
  experiment.timing = {1, 100, 0, 0};
  EXPECT_THAT(records(run({&a, &b}, {View::network, View::layers})), Each(Field(&Record::instances, 20)));
  EXPECT_EQ(prepared.substr(0, 8), "abbaabba");
  EXPECT_EQ(prepared.size(), 40U);
  EXPECT_EQ(idle, 0U);  // the steps run in the new programs

  prepared.clear();
  EXPECT_THAT(records(run({&a}, {View::network})), Each(Field(&Record::instances, 1)));
  EXPECT_EQ(prepared, "a");
}

TEST_F(RunRenewal, ThatFailsKeepsWhatWasMeasuredAndIsAFailureOfThatBackend) {
  const FakeBackend a("a", plain());
  int prepared = 0;
  const FakeBackend b("b", [&](const Model& m, const PrepareOptions& o) {
    if (++prepared == 4) throw std::runtime_error("no memory any more");
    return scripted(m, o.pass);
  });
  experiment.timing = {1, 100, 0, 0};
  const Findings found = run({&a, &b}, {View::network});
  const std::vector<BackendReport>& backends = found.report.backends;
  ASSERT_THAT(records(found), SizeIs(2));
  EXPECT_THAT(records(found), Each(Field(&Record::stop_reason, StopReason::failed)));
  EXPECT_THAT(records(found)[0].samples, SizeIs(15));
  EXPECT_THAT(backends.at(0).failures, SizeIs(0));
  ASSERT_THAT(backends.at(1).failures, SizeIs(1));
  EXPECT_THAT(backends[1].failures[0].message, ::testing::HasSubstr("made anew: no memory any more"));
  EXPECT_FALSE(found.interrupted);
}

TEST_F(RunRenewal, RefusesAProgramOfOtherOperations) {
  const FakeBackend a("a", plain());
  int prepared = 0;
  const FakeBackend b("b", [&](const Model& m, const PrepareOptions& o) {
    return scripted(m, ++prepared == 2 ? Pass::forward : o.pass);
  });
  experiment.timing = {1, 100, 0, 0};
  const Findings found = run({&a, &b}, {View::network});
  EXPECT_THAT(found.report.backends.at(0).failures, SizeIs(0));
  ASSERT_THAT(found.report.backends.at(1).failures, SizeIs(1));
  EXPECT_THAT(found.report.backends[1].failures[0].message, ::testing::HasSubstr("other operations"));
}

TEST_F(RunRenewal, PreparesAProgramWithWhatTheTunerChoseBefore) {
  TimingTuner tuner(single, clock, 1);
  experiment.tuner = &tuner;
  std::string chosen;
  const FakeBackend a("a", [&](const Model& m, const PrepareOptions& o) {
    const std::array candidates{Candidate{"slow", [&] { return [&] { clock.advance(0.02); }; }},
                                Candidate{"fast", [&] { return [&] { clock.advance(0.01); }; }}};
    chosen += candidates[fastest(o, "work", candidates)].name + " ";
    return scripted(m, o.pass);
  });
  const FakeBackend b("b", plain());
  experiment.timing = {1, 30, 0, 0};
  const Findings found = run({&a, &b}, {View::network});
  EXPECT_THAT(records(found), Each(Field(&Record::instances, Gt(2))));
  EXPECT_THAT(chosen, StartsWith("fast fast fast "));
  EXPECT_THAT(found.choices, SizeIs(1));
}

}  // namespace
}  // namespace cnnbench
