#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "tests/harness/cluster/thread_cluster.h"
#include "tests/harness/measure/fakes.h"
#include "tests/harness/measure/runner_fixture.h"

namespace cnnbench {
namespace {

using ::testing::SizeIs;

/// A step that throws when it is run for the n-th time, from 1; 0: never.
TimedStep throwing(FakeClock& clock, int n) {
  TimedStep step;
  step.run = [&clock, n, runs = 0](std::span<double> seconds) mutable {
    const double start = clock.now();
    clock.advance(1);
    seconds[0] = 1;
    if (++runs == n) throw std::runtime_error("no such instruction");
    return start;
  };
  return step;
}

/// Two subjects on two ranks, of which the first throws on rank 1 in its n-th run; what each rank gets.
std::vector<std::vector<Samples>> measure_with_failure(int n, bool lead_in = false) {
  std::vector<std::vector<Samples>> all(2);
  ThreadCluster::run(2, [&](Cluster& cluster) {
    FakeClock clock;
    std::vector<TimedStep> steps{throwing(clock, cluster.rank() == 1 && !lead_in ? n : 0),
                                 throwing(clock, 0)};
    if (lead_in)
      steps[0].lead_in = [&] {
        if (cluster.rank() == 1) throw std::runtime_error("no such instruction");
      };
    all[static_cast<std::size_t>(cluster.rank())] = measure(steps, exactly(2, 20), cluster);
  });
  return all;
}

void expect_first_failed(const std::vector<std::vector<Samples>>& all) {
  const std::string message = rank_in_words(1, host_name()) + ": while it was timed: no such instruction";
  for (const std::vector<Samples>& samples : all) {
    ASSERT_THAT(samples, SizeIs(2));
    EXPECT_EQ(samples[0].failure, message);
    EXPECT_EQ(samples[0].stop_reason, StopReason::failed);
    EXPECT_EQ(samples[1].failure, "");
    EXPECT_EQ(samples[1].stop_reason, StopReason::steps);
  }
  EXPECT_THAT(all[0][1].slowest.at(0), SizeIs(20));  // rank 0 has the samples
}

TEST(FailingStep, EndsItsSubjectOnEveryRankAndTheOthersGoOn) {
  expect_first_failed(measure_with_failure(9));
}

TEST(FailingStep, MayBeTheFirstTimedOne) {
  expect_first_failed(measure_with_failure(3));
}

TEST(FailingStep, MayBeInTheBurnIn) {
  expect_first_failed(measure_with_failure(1));
}

TEST(FailingStep, MayBeALeadIn) {
  expect_first_failed(measure_with_failure(0, true));
}

TEST(FailingStep, EndsAllSubjectsOfItsProgram) {
  FakeClock clock;
  SingleRank cluster;
  std::vector<TimedStep> steps{throwing(clock, 9), throwing(clock, 0), throwing(clock, 0)};
  const int one = 0;
  const int other = 0;
  steps[0].program = steps[1].program = &one;
  steps[2].program = &other;

  const std::vector<Samples> samples = measure(steps, exactly(0, 20), cluster);

  EXPECT_EQ(samples[0].failure, "while it was timed: no such instruction");
  EXPECT_EQ(samples[1].failure, samples[0].failure);
  EXPECT_EQ(samples[2].failure, "");
  EXPECT_THAT(samples[2].slowest.at(0), SizeIs(20));
}

TEST_F(RunExperiment, TurnsAnExceptionOfAStepIntoAFailureAndMeasuresTheOthers) {
  for (const int n : {1, 20, 60, 100}) {
    const FakeBackend broken("broken", [&](const Model& m, const PrepareOptions& o) {
      auto program = std::make_unique<FaultyProgram>(scripted(m, o.pass));
      program->skip = [left = n](const Operation&) mutable {
        if (--left == 0) throw std::runtime_error("the library broke");
        return false;
      };
      return program;
    });
    const FakeBackend fine("fine", plain());
    std::vector<std::string> shown;
    observer.view_done = [&](View view, const std::vector<const BackendReport*>& backends, const Findings&) {
      for (const BackendReport* backend : backends)
        shown.push_back(backend->name + " " + std::string(to_string(view)));
    };

    const Findings findings = run({&broken, &fine}, {View::network, View::layers, View::isolated});

    const BackendReport& of_broken = findings.report.backends.at(0);
    const BackendReport& of_fine = findings.report.backends.at(1);
    ASSERT_THAT(of_broken.failures, SizeIs(1)) << n;
    EXPECT_EQ(of_broken.failures[0].reason, Failure::Reason::error);
    EXPECT_EQ(of_broken.failures[0].message, "while it was timed: the library broke");
    EXPECT_THAT(of_fine.failures, SizeIs(0)) << n;
    EXPECT_FALSE(findings.interrupted);
    const BackendReport alone = run(fine, experiment.views);
    for (const View view : experiment.views) EXPECT_EQ(names(of_fine, view), names(alone, view)) << n;
    EXPECT_THAT(shown, ::testing::IsSupersetOf({"fine network", "fine layers", "fine isolated"}));
    EXPECT_EQ(std::count(shown.begin(), shown.end(), "broken isolated"), 0);
  }
}

}  // namespace
}  // namespace cnnbench
