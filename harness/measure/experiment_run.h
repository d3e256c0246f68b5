#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/measure/make_record.h"
#include "harness/measure/runner.h"
#include "harness/measure/timed_program.h"
#include "harness/measure/tuner.h"

namespace cnnbench {

/// One backend's whole network, prepared and, unless switched off, verified.
struct Contestant {
  const Backend* backend;
  BackendReport* report;  ///< what is found about it: a part of the findings
  std::unique_ptr<Program> program;
  std::vector<OperationGroup> groups;  ///< of all ranks' programs
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
  std::map<std::string, std::vector<Distrusted>> distrusted = {};  ///< backend → what it is to do without
  RankClocks clocks{cluster, clock};
  RecordContext context{
      experiment.pass, experiment.batch,           cluster.size(), experiment.threads, experiment.timing,
      clock_cost,      cluster.gather(host_name())};
  MemoryWatch memory = {};

  /// Tells the observer of rank 0 what comes next.
  void phase(const std::string& what) const {
    if (observer.phase && cluster.is_root()) observer.phase(what);
  }

  /// What is found about a backend of the experiment.
  BackendReport& report_of(const Backend& backend) {
    std::vector<BackendReport>& all = findings.report.backends;
    return *std::find_if(all.begin(), all.end(),
                         [&](const BackendReport& each) { return each.name == backend.name(); });
  }

  void fail(const Backend& backend, const std::string& layer, Failure::Reason reason,
            const std::string& message) {
    report_of(backend).failures.push_back({layer, reason, message});
  }

  PrepareOptions options(const Backend& backend) const {
    const auto found = distrusted.find(backend.name());
    return {experiment.pass,
            experiment.batch,
            experiment.threads,
            experiment.seed,
            found == distrusted.end() ? std::vector<Distrusted>() : found->second,
            experiment.tuner};
  }
};

/// A program of `model`, which is the run's or cut off from it, with the experiment's images where it has
/// any, on every rank; or nothing on every rank, and why. `setup`, where not null, takes the slowest rank's
/// times, on rank 0.
std::unique_ptr<Program> try_to_prepare(ExperimentRun& run, const Backend& backend, const Model& model,
                                        Setup* setup, std::string& message);

/// The whole network on a backend, prepared and, unless that is switched off, verified. Where an operation is
/// wrong it is prepared again without that implementation; what replaces it is verified, too. Or a Failure
/// and nothing.
std::optional<Contestant> prepare_and_verify(ExperimentRun& run, const Backend& backend);

/// A program of a prefix of the run's model, likewise; or a Failure and nothing.
std::unique_ptr<Program> prepare_prefix(ExperimentRun& run, const Backend& backend, const Model& prefix);

/// Seconds that it took to prepare all contestants; on rank 0.
double preparing_seconds(const std::vector<Contestant>& contestants);

/// Whether the programs can be made anew while they are compared: the same operations come again, and in this
/// process.
bool renewable(const std::vector<Contestant>& contestants);

/// Moves the memory of all contestants' programs; false, the same on every rank, where one cannot do that.
bool move_memory(ExperimentRun& run, const std::vector<Contestant>& contestants);

/// Prepares all contestants again. The old programs go first, since the memory may not hold both; then the
/// kernel may give the same pages again, so that every other time the order is the reverse, and none keeps
/// its pages. A reason to stop, the same on every rank, where that is interrupted or fails, which is a
/// Failure; some contestants have no program then.
std::optional<StopReason> renew(ExperimentRun& run, std::vector<Contestant>& contestants, bool reverse);

/// The views that are measured together, in turns: those that time the network's whole steps, so that what
/// they find can be compared.
std::vector<std::vector<View>> views_in_turns(const std::vector<View>& views);

/// Times the contestants in views that go together and adds what was found to the run's findings. A
/// contestant that cannot be made anew on the way is a Failure, and is gone.
void measure_views(ExperimentRun& run, const std::vector<View>& views, std::vector<Contestant>& contestants);

}  // namespace cnnbench
