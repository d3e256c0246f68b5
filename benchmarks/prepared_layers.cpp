#include "benchmarks/prepared_layers.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "harness/memory.h"

namespace cnnbench {
namespace {

// Few enough that values that shrink to a quarter in every step do not leave the range of normal numbers.
constexpr int steps_between_looks = 20;

}  // namespace

PreparedLayer::PreparedLayer(const LayerCase& layer, Program& program, Clock& clock)
    : layer_(layer),
      program_(program),
      groups_(group_operations(program, layer.index)),
      step_(time_layer(program, clock, layer.index)),
      seconds_(groups_.size()) {
  if (groups_.empty()) return;
  step_.lead_in();
  step_.run(seconds_);
  by_nature_ = has_subnormals();
}

std::optional<std::size_t> PreparedLayer::part_of(Direction direction) const {
  const auto found = std::find_if(groups_.begin(), groups_.end(),
                                  [&](const OperationGroup& group) { return group.direction == direction; });
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

/// Operations that work in place take their own result again: what shrinks in every step ends among the
/// subnormal numbers, which some processors take many times as long for.
void PreparedLayer::run_step() {
  if (++steps_ % steps_between_looks == 0 && !by_nature_ && has_subnormals()) step_.lead_in();
  step_.run(seconds_);
}

bool PreparedLayer::has_subnormals() {
  for (const Tensor tensor : {Tensor::output, Tensor::input_gradient}) {
    const Shape& shape = tensor == Tensor::output ? layer_.layer().output : layer_.layer().input;
    std::vector<float> values(static_cast<std::size_t>(layer_.batch * shape.size()));
    try {
      program_.read(layer_.index, tensor, values);
    } catch (const std::invalid_argument&) {
      continue;  // the layer has no such tensor
    }
    if (std::any_of(values.begin(), values.end(),
                    [](float value) { return std::fpclassify(value) == FP_SUBNORMAL; }))
      return true;
  }
  return false;
}

std::vector<std::unique_ptr<PreparedLayer>> PreparedLayers::hold(const std::vector<Wanted>& wanted) {
  std::erase_if(held_, [&](const auto& entry) {
    return std::none_of(wanted.begin(), wanted.end(),
                        [&](const Wanted& one) { return key_of(one) == entry.first; });
  });
  std::vector<std::unique_ptr<PreparedLayer>> layers;
  for (const Wanted& one : wanted) {
    std::unique_ptr<Program>& program = held_[key_of(one)];
    if (!program) {
      std::vector<Experiment> experiment(1);
      experiment[0].model = one.layer->network.get();
      experiment[0].pass = one.pass;
      experiment[0].batch = one.layer->batch;
      experiment[0].backends = {one.backend};
      experiment[0].verify = false;
      check_memory(experiment, alone_);
      tuner_.begin(one.backend->name());
      program = one.backend->prepare(*one.layer->network,
                                     {one.pass, one.layer->batch, threads_, seed_, {}, &tuner_});
    }
    layers.push_back(std::make_unique<PreparedLayer>(*one.layer, *program, clock_));
  }
  return layers;
}

}  // namespace cnnbench
