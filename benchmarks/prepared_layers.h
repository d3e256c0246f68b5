#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "benchmarks/layer_cases.h"
#include "harness/backend/backend.h"
#include "harness/measure/clock.h"
#include "harness/measure/timed_program.h"

namespace cnnbench {

/// A layer alone, ready to run on a backend in a pass.
class PreparedLayer {
 public:
  /// Prepares it, and runs one step to warm up. Throws what the backend throws.
  PreparedLayer(const LayerCase& layer, const Backend& backend, const PrepareOptions& options, Clock& clock);

  /// What runs in a direction; null where the backend runs nothing of its own there.
  const OperationGroup* operations(Direction direction) const;

  /// Runs every operation of the step once.
  void run_step() { step_.run(seconds_); }

  /// Seconds that the operations of a direction took in the latest step; 0 where there are none.
  double seconds(Direction direction) const;

 private:
  std::optional<std::size_t> part_of(Direction direction) const;

  std::unique_ptr<Program> program_;
  std::vector<OperationGroup> groups_;
  TimedStep step_;
  std::vector<double> seconds_;
};

/// The layers that the running benchmark needs: Google Benchmark calls it several times, and several
/// benchmarks are of one layer, but preparing can take longer than running.
class PreparedLayers {
 public:
  PreparedLayers(int threads, std::uint64_t seed) : threads_(threads), seed_(seed) {}

  struct Wanted {
    const LayerCase* layer = nullptr;
    const Backend* backend = nullptr;
    Pass pass = Pass::forward;
    auto operator<=>(const Wanted&) const = default;
  };

  /// Frees all others first. Throws UserError where the memory does not suffice, and what the backend throws.
  std::vector<PreparedLayer*> hold(const std::vector<Wanted>& wanted);

 private:
  int threads_;
  std::uint64_t seed_;
  SteadyClock clock_;
  std::map<Wanted, std::unique_ptr<PreparedLayer>> held_;
};

}  // namespace cnnbench
