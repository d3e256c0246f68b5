#include "benchmarks/prepared_layers.h"

#include <algorithm>

#include "harness/plan.h"

namespace cnnbench {

PreparedLayer::PreparedLayer(const LayerCase& layer, const Backend& backend, const PrepareOptions& options,
                             Clock& clock)
    : program_(backend.prepare(layer.model, options)),
      groups_(group_operations(*program_)),
      step_(time_operations(*program_, clock)),
      seconds_(groups_.size()) {
  run_step();
}

std::optional<std::size_t> PreparedLayer::part_of(Direction direction) const {
  // Behind layer 0 is the loss, which is there only to give a gradient.
  const auto found = std::find_if(groups_.begin(), groups_.end(), [&](const OperationGroup& group) {
    return group.layer == 0 && group.direction == direction;
  });
  if (found == groups_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - groups_.begin());
}

const OperationGroup* PreparedLayer::operations(Direction direction) const {
  const std::optional<std::size_t> part = part_of(direction);
  return part ? &groups_[*part] : nullptr;
}

double PreparedLayer::seconds(Direction direction) const {
  const std::optional<std::size_t> part = part_of(direction);
  return part ? seconds_[*part] : 0;
}

std::vector<PreparedLayer*> PreparedLayers::hold(const std::vector<Wanted>& wanted) {
  std::erase_if(held_, [&](const auto& entry) {
    return std::find(wanted.begin(), wanted.end(), entry.first) == wanted.end();
  });
  std::vector<PreparedLayer*> layers;
  for (const Wanted& one : wanted) {
    std::unique_ptr<PreparedLayer>& layer = held_[one];
    if (!layer) {
      std::vector<Experiment> experiment(1);
      experiment[0].model = &one.layer->model;
      experiment[0].pass = one.pass;
      experiment[0].batch = one.layer->batch;
      experiment[0].backends = {one.backend};
      experiment[0].verify = false;
      check_memory(experiment, 1);
      layer = std::make_unique<PreparedLayer>(
          *one.layer, *one.backend, PrepareOptions{one.pass, one.layer->batch, threads_, seed_}, clock_);
    }
    layers.push_back(layer.get());
  }
  return layers;
}

}  // namespace cnnbench
