#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "harness/measure/measuring_loop.h"
#include "tests/harness/measure/runner_fixture.h"

namespace cnnbench {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::SizeIs;

/// Two subjects whose renewals are counted.
class RenewalTest : public ::testing::Test {
 protected:
  std::vector<Samples> measured(std::int64_t steps, double seconds_a_renewal) {
    const std::vector<TimedStep> timed{first.noted(journal, "a").timed(), other.noted(journal, "b").timed()};
    const Renewal renewal{[this] { journal.push_back("renew"); }, seconds_a_renewal};
    return measure(timed, exactly(2, steps), cluster, {}, nullptr, renewal);
  }

  /// The steps between renewals.
  std::vector<std::size_t> instances() const {
    std::vector<std::size_t> lengths(1);
    for (const std::string& what : journal) {
      if (what == "renew")
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
};

// Of each subject 2 steps of burn-in and 2 bursts of 5 steps, and one untimed step where the other ran last.
TEST_F(RenewalTest, ComesAfterEveryTwentiethOfTheRoundsWithABurnIn) {
  const std::vector<Samples> samples = measured(200, 0.1);
  EXPECT_THAT(samples, Each(Field(&Samples::instances, 20)));
  EXPECT_THAT(samples[0].slowest[0], SizeIs(200));
  EXPECT_THAT(instances(), SizeIs(20));
  // Rounds come in pairs of opposite order, so that a subject follows itself now and then.
  for (const std::size_t steps : instances()) {
    EXPECT_GE(steps, 2U * (2 + 10));
    EXPECT_LE(steps, 2U * (2 + 10 + 1));
  }
}

TEST_F(RenewalTest, ComesAfterEveryRoundWhereThereAreFewerThanTwenty) {
  EXPECT_THAT(measured(40, 0.1), Each(Field(&Samples::instances, 8)));
}

TEST_F(RenewalTest, DoesNotComeWhereItTakesMoreThanAQuarterOfTheTime) {
  EXPECT_THAT(measured(200, 0.2), Each(Field(&Samples::instances, 1)));  // 3.8 s against 0.4 s
  EXPECT_THAT(instances(), SizeIs(1));
  journal.clear();
  EXPECT_THAT(measured(200'000, 0.3), Each(Field(&Samples::instances, 20)));  // against 400 s
}

class RunRenewal : public RunExperiment {};

TEST_F(RunRenewal, PreparesTheProgramsThatAreComparedAgain) {
  int prepared = 0;
  const FakeBackend::Prepare prepare = [&](const Model& m, const PrepareOptions& o) {
    ++prepared;
    return scripted(m, o.pass);
  };
  const FakeBackend a("a", prepare);
  const FakeBackend b("b", prepare);
  experiment.timing = {1, 100, 0, 0};
  EXPECT_THAT(run({&a, &b}, {View::network, View::layers}).records, Each(Field(&Record::instances, 20)));
  EXPECT_EQ(prepared, 40);

  prepared = 0;
  EXPECT_THAT(run({&a}, {View::network}).records, Each(Field(&Record::instances, 1)));
  EXPECT_EQ(prepared, 1);
}

TEST_F(RunRenewal, LeavesProgramsAsTheyAreWhereABackendMayChooseOtherwise) {
  int prepared = 0;
  const FakeBackend::Prepare prepare = [&](const Model& m, const PrepareOptions& o) {
    ++prepared;
    return scripted(m, o.pass);
  };
  const FakeBackend a("a", prepare);
  FakeBackend b("b", prepare);
  b.by_timing = true;
  experiment.timing = {1, 100, 0, 0};
  EXPECT_THAT(run({&a, &b}, {View::network}).records, Each(Field(&Record::instances, 1)));
  EXPECT_EQ(prepared, 2);
}

}  // namespace
}  // namespace cnnbench
