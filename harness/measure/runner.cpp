#include "harness/measure/runner.h"
#include "harness/measure/condition_flags.h"
#include "harness/measure/experiment_run.h"

namespace cnnbench {
namespace {

/// So that a disturbed start-up is found out; a run that is to end quickly does without.
void measure_ceilings_again(ExperimentRun& run) {
  CeilingWatch* const ceilings = run.experiment.ceilings;
  if (ceilings == nullptr || run.findings.interrupted) return;
  ceilings->measure();
  rate_canaries(run.findings.report, ceilings->references());
}

/// Takes some of the backends through all phases; their programs are gone afterwards.
void run_backends(ExperimentRun& run, const std::vector<const Backend*>& backends) {
  const Experiment& experiment = run.experiment;
  std::vector<Contestant> contestants;
  for (const Backend* backend : backends) {
    if (std::optional<Contestant> contestant = prepare_and_verify(run, *backend))
      contestants.push_back(std::move(*contestant));
    run.findings.interrupted = run.cluster.max(interrupted() ? 1 : 0) != 0;
    if (run.findings.interrupted) return;
  }
  if (!experiment.measure) return;
  run.memory.phase_begins();
  for (const std::vector<View>& views : views_in_turns(experiment.views)) {
    if (run.findings.interrupted || contestants.empty()) break;
    measure_views(run, views, contestants);
    measure_ceilings_again(run);
    if (!run.observer.view_done || !run.cluster.is_root()) continue;
    std::vector<const BackendReport*> measured;
    for (const Contestant& contestant : contestants) measured.push_back(contestant.report);
    for (const View view : views) run.observer.view_done(view, measured, run.findings);
  }
  run.memory.measured();
}

}  // namespace

Findings run_experiment(const Experiment& experiment, Cluster& cluster, Clock& clock,
                        const ClockCost& clock_cost, const Observer& observer) {
  ExperimentRun run{experiment,
                    *experiment.model,
                    cluster,
                    clock,
                    clock_cost,
                    observer,
                    {{experiment.pass, experiment.interleaved}}};
  for (const Backend* backend : experiment.backends)
    run.findings.report.backends.push_back({backend->name()});
  if (experiment.interleaved) {
    run_backends(run, experiment.backends);
  } else {
    for (const Backend* backend : experiment.backends) {
      if (run.findings.interrupted) break;
      run_backends(run, {backend});
    }
  }
  run.findings.clocks = run.clocks.nodes();
  run.findings.report.memory = run.memory.over_ranks(cluster);
  run.findings.report.memory.estimated_bytes = experiment.estimated_bytes;
  return std::move(run.findings);
}

}  // namespace cnnbench
