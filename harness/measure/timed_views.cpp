#include "harness/measure/timed_views.h"

#include <algorithm>

#include "harness/machine/running_threads.h"

namespace cnnbench {
namespace {

/// What is to come before each timed step of a program.
std::function<void()> gap_before(const ExperimentRun& run, Program& program, int process) {
  const int threads = run.experiment.threads;
  switch (run.experiment.timing.gap) {
    case Gap::none:
      return {};
    case Gap::idle:
      return [conditions = run.experiment.conditions,
              processes = process == 0 ? std::vector{this_process()} : std::vector{this_process(), process}] {
        rest();
        if (conditions != nullptr) conditions->settle(processes, ConditionsProbe::Before::block);
      };
    case Gap::cold:
      if (auto* const elsewhere = dynamic_cast<TimedElsewhere*>(&program))
        return [elsewhere, threads] { elsewhere->flush_caches(threads); };
      return [threads] { flush_caches(threads); };
  }
  return {};
}

/// What times a participant in the program that its contestant has now.
TimedStep step_of(const ExperimentRun& run, const Participant& participant) {
  Program& program = *participant.contestant->program;
  const bool whole = participant.view == View::network || participant.view == View::prefix;
  const std::vector<OperationGroup>& all = participant.contestant->groups;
  TimedStep step =
      whole ? time_whole_step(program, run.clock)
      : participant.view == View::layers
          ? with_parts(time_operations(program, run.clock), group_operations(program), all)
          : with_parts(time_layer(program, run.clock, participant.layer),
                       group_operations(program, participant.layer), groups_of(all, participant.layer));
  step.gap = gap_before(run, program, step.process);
  return step;
}

}  // namespace

std::vector<Samples> time_in_turns(ExperimentRun& run, const std::vector<Participant>& subjects,
                                   std::vector<Contestant>* renewed) {
  std::vector<TimedStep> steps;
  for (const Participant& subject : subjects) steps.push_back(step_of(run, subject));
  Renewal renewal;
  if (renewed != nullptr && renewed->size() > 1) renewal.move = [&] { return move_memory(run, *renewed); };
  if (renewed != nullptr && renewable(*renewed)) {
    renewal.seconds = preparing_seconds(*renewed);
    renewal.renew = [&, reverse = false]() mutable {
      const std::optional<StopReason> stop = renew(run, *renewed, reverse = !reverse);
      for (std::size_t i = 0; i < subjects.size() && !stop; ++i) steps[i] = step_of(run, subjects[i]);
      return stop;
    };
  }
  const Progress progress = [&](std::size_t i, std::int64_t step, std::int64_t most, double seconds) {
    const Participant& subject = subjects[i];
    if (run.observer.step)
      run.observer.step(subject.view, subject.label, subject.contestant->backend->name(), step, most,
                        seconds);
  };
  run.clocks.synchronize();
  std::vector<Samples> samples =
      measure(steps, run.experiment.timing, run.cluster, progress, run.experiment.conditions, renewal);
  run.clocks.correct(samples);
  for (std::size_t i = 0; run.cluster.is_root() && i < samples.size(); ++i)
    if (samples[i].failure.empty())
      subjects[i].contestant->report->views[subjects[i].view].steps.push_back(
          step_times(run.context, subjects[i].label, samples[i]));
  for (const Samples& sample : samples)
    run.findings.interrupted = run.findings.interrupted || sample.stop_reason == StopReason::interrupted;
  return samples;
}

void drop_failed(ExperimentRun& run, const std::vector<Participant>& subjects,
                 const std::vector<Samples>& samples, std::vector<Contestant>& contestants) {
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    if (samples[i].failure.empty()) continue;
    Contestant& failed = *std::find_if(contestants.begin(), contestants.end(), [&](const Contestant& each) {
      return &each == subjects[i].contestant;
    });
    if (failed.program)
      run.fail(*failed.backend, subjects[i].label, Failure::Reason::error, samples[i].failure);
    failed.program.reset();
  }
}

}  // namespace cnnbench
