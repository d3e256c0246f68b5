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
#include "harness/measure/tuner.h"

namespace cnnbench {

/// A layer of a network that is ready to run: its operations there, and no others.
class PreparedLayer {
 public:
  /// Runs the network's step up to the layer, so that its tensors are those of a step.
  PreparedLayer(const LayerCase& layer, Program& program, Clock& clock);

  /// What runs in a direction; null where the backend runs nothing of its own there.
  const OperationGroup* operations(Direction direction) const;

  /// Runs every operation of the layer once.
  void run_step();

  /// Seconds that the operations of a direction took in the latest step; 0 where there are none.
  double seconds(Direction direction) const;

 private:
  std::optional<std::size_t> part_of(Direction direction) const;
  bool has_subnormals();

  const LayerCase& layer_;
  Program& program_;
  std::vector<OperationGroup> groups_;
  TimedStep step_;
  std::vector<double> seconds_;
  int steps_ = 0;           ///< since the latest look at the values
  bool by_nature_ = false;  ///< there are subnormal numbers in a network's step, too
};

/// The layers that the running benchmark needs. Google Benchmark calls it several times, and several
/// benchmarks are of one network, but preparing can take longer than running.
class PreparedLayers {
 public:
  PreparedLayers(int threads, std::uint64_t seed)
      : threads_(threads), seed_(seed), tuner_(alone_, clock_, threads) {}

  struct Wanted {
    const LayerCase* layer = nullptr;
    const Backend* backend = nullptr;
    Pass pass = Pass::forward;
  };

  /// Frees the programs of all other networks first. Throws UserError where the memory does not suffice, and
  /// what the backend throws.
  std::vector<std::unique_ptr<PreparedLayer>> hold(const std::vector<Wanted>& wanted);

 private:
  struct Key {
    const Model* network = nullptr;
    const Backend* backend = nullptr;
    Pass pass = Pass::forward;
    auto operator<=>(const Key&) const = default;
  };
  static Key key_of(const Wanted& wanted) {
    return {wanted.layer->network.get(), wanted.backend, wanted.pass};
  }

  int threads_;
  std::uint64_t seed_;
  SteadyClock clock_;
  SingleRank alone_;
  TimingTuner tuner_;
  std::map<Key, std::unique_ptr<Program>> held_;
};

}  // namespace cnnbench
