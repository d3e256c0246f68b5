#include "harness/measure/measuring_loop.h"

#include <algorithm>
#include <optional>

#include "harness/machine/running_threads.h"
#include "harness/measure/renewals.h"
#include "harness/measure/subject.h"
#include "harness/measure/turns.h"

namespace cnnbench {

namespace {

constexpr int burst = Turns::burst;
constexpr int burst_alone = 10;  // where there is no other

/// The processes that the subjects run in, this one among them.
std::vector<int> processes_of(const std::vector<TimedStep>& steps) {
  std::vector<int> processes{this_process()};
  for (const TimedStep& step : steps)
    if (step.process != 0 && std::find(processes.begin(), processes.end(), step.process) == processes.end())
      processes.push_back(step.process);
  return processes;
}

/// A program's number, the same for all subjects of it.
std::vector<std::size_t> programs_of(const std::vector<TimedStep>& steps) {
  std::vector<std::size_t> programs;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    programs.push_back(i);
    for (std::size_t j = 0; j < i && steps[i].program != nullptr; ++j)
      if (steps[j].program == steps[i].program) programs[i] = programs[j];
  }
  return programs;
}

}  // namespace

std::vector<Samples> measure(const std::vector<TimedStep>& timed_steps, const TimingSettings& settings,
                             Cluster& cluster, const Progress& progress, ConditionsProbe* probe,
                             const Renewal& renewal) {
  const std::vector<int> processes = processes_of(timed_steps);
  std::vector<Subject> subjects;
  subjects.reserve(timed_steps.size());
  for (const TimedStep& step : timed_steps) subjects.emplace_back(step, settings, cluster, probe, processes);

  const std::vector<std::size_t> programs = programs_of(timed_steps);
  const bool one_program =
      std::all_of(programs.begin(), programs.end(), [](std::size_t p) { return p == 0; });
  const auto open = [&] {
    return std::any_of(subjects.begin(), subjects.end(), [](const Subject& s) { return !s.finished(); });
  };
  std::size_t latest = subjects.size();  // what the caches hold; at first, and after canaries, no subject's
  bool interruption = false;
  Turns turns(subjects.size(), settings.seed);
  const int length = subjects.size() > 1 ? burst : burst_alone;
  Renewals renewals(renewal, settings, length, cluster);
  bool failure = false;  // of a program: then none is made anew
  for (std::int64_t round = 0; open() && !interruption; ++round) {
    if (!failure && renewals.due(round, subjects)) {
      const std::optional<StopReason> stop = renewals.renew();
      latest = subjects.size();
      for (Subject& subject : subjects) {
        if (subject.finished()) continue;
        if (stop)
          subject.finish(*stop);
        else
          subject.renewed();
      }
      if (stop) break;
    }
    for (const std::size_t i : turns.next_round()) {
      Subject& subject = subjects[i];
      if (subject.finished()) continue;
      const bool other_ran_last = latest == subjects.size() || programs[latest] != programs[i];
      if (other_ran_last && !one_program) subject.settle();
      subject.get_ready(settings.burn_in, other_ran_last);
      const bool disturbed = subject.run_burst(length, [&](double seconds) {
        if (progress) progress(i, subject.steps(), settings.steps, seconds);
      });
      latest = disturbed ? subjects.size() : i;
      for (std::size_t j = 0; j < subjects.size() && !subject.failure().empty(); ++j) {
        if (programs[j] == programs[i]) subjects[j].fail(subject.failure());
        failure = true;
      }
      interruption = subject.cut_short();
      if (interruption) break;
    }
  }

  std::vector<Samples> samples;
  samples.reserve(subjects.size());
  for (Subject& subject : subjects) {
    if (!subject.finished()) subject.finish(StopReason::interrupted);
    samples.push_back(subject.take_samples());
  }
  return samples;
}

}  // namespace cnnbench
