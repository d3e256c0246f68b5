#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/backend/backend.h"
#include "harness/cluster/cluster.h"
#include "harness/measure/ceilings.h"
#include "harness/measure/clock.h"
#include "harness/measure/layer_pattern.h"
#include "harness/measure/rank_clocks.h"
#include "harness/measure/record.h"
#include "harness/measure/stopping_rule.h"

namespace cnnbench {

class TimingTuner;

/// One network in one pass, on several backends and in several views.
struct Experiment {
  const Model* model = nullptr;
  Pass pass = Pass::forward;
  std::int64_t batch = 1;  ///< a rank
  std::vector<const Backend*> backends;
  /// All backends are in memory at a time and take turns; else each is measured and freed before the next.
  bool interleaved = true;
  std::vector<View> views;
  TimingSettings timing;
  int threads = 1;
  std::uint64_t seed = 1;
  std::optional<LayerPattern> layers;  ///< only these, in all views but `network`
  bool verify = true;
  bool measure = true;
  double estimated_bytes = 0;             ///< memory that one rank needs, as check_memory() estimates it
  ConditionsProbe* conditions = nullptr;  ///< watched while timing; null: nobody looks
  CeilingWatch* ceilings = nullptr;       ///< measured again after each view; null: nobody does
  TimingTuner* tuner = nullptr;           ///< chooses for backends by speed; null: nobody does
  std::vector<float> input;               ///< images in place of the seed's, NCHW; empty: from the seed
};

/// What an experiment found; complete on rank 0.
struct Findings {
  PassReport report;
  std::vector<Choice> choices = {};
  std::vector<NodeClock> clocks = {};  ///< one a node
  bool interrupted = false;            ///< on every rank
};

/// What the experiment tells while it goes on; on rank 0, never inside a timed part. Any may be empty.
struct Observer {
  std::function<void(const std::string& what)> phase;  ///< "preparing", "verifying", …
  /// A step of a view was timed: label ("" for the network view, else the layer), backend, step, most, its
  /// seconds.
  std::function<void(View view, const std::string& label, const std::string& backend, std::int64_t step,
                     std::int64_t most, double seconds)>
      step;
  /// A view of some of the backends is measured.
  std::function<void(View view, const std::vector<const BackendReport*>& backends, const Findings& so_far)>
      view_done;
  /// A backend's program that has not run yet: for --dump.
  std::function<void(const Backend& backend, Program& program)> prepared;
};

/// Prepares, verifies and measures, in that order, on all ranks together: all backends at a time, or one
/// after the other. A backend that cannot run the network, or fails verification, becomes a Failure, and is
/// not timed; where it can do without the implementation that was wrong, that becomes a LibraryFault, and
/// what replaces it is verified and timed.
Findings run_experiment(const Experiment& experiment, Cluster& cluster, Clock& clock,
                        const ClockCost& clock_cost, const Observer& observer);

}  // namespace cnnbench
