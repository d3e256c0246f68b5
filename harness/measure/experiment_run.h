#pragma once

#include <memory>
#include <string>

#include "harness/measure/runner.h"

namespace cnnbench {

/// One backend's whole network, prepared and, unless switched off, verified.
struct Contestant {
  const Backend* backend;
  std::unique_ptr<Program> program;
};

/// One experiment on its way through its phases. Every rank takes the same path: what may go differently on
/// one rank (preparing, verifying) is agreed upon before anybody goes on.
struct ExperimentRun {
  const Experiment& experiment;
  const Model& model;
  Cluster& cluster;
  Clock& clock;
  const ClockCost& clock_cost;
  const Observer& observer;
  Findings findings;
  RankClocks clocks{cluster, clock};
  std::vector<std::string> hosts = cluster.gather(host_name());  ///< a rank; on rank 0

  /// Tells the observer of rank 0 what comes next.
  void phase(const std::string& what) const {
    if (observer.phase && cluster.is_root()) observer.phase(what);
  }

  void fail(const Backend& backend, const std::string& layer, const std::string& reason,
            const std::string& message) {
    findings.failures.push_back(
        {model.name, std::string(to_string(experiment.pass)), backend.name(), layer, reason, message});
  }

  PrepareOptions options() const {
    return {experiment.pass, experiment.batch, experiment.threads, experiment.seed};
  }
};

/// A program of `part`, which is the run's model or cut out of it, on every rank; or a Failure and nothing.
/// `setup`, where not null, takes the slowest rank's times, on rank 0. `takes_images`: the experiment's
/// images, where it has any, go into its first layer.
std::unique_ptr<Program> prepare_program(ExperimentRun& run, const Backend& backend, const Model& part,
                                         Setup* setup, bool takes_images);

/// Times the contestants in one view and adds what was found to the run's findings.
void measure_view(ExperimentRun& run, View view, const std::vector<Contestant>& contestants);

}  // namespace cnnbench
