#include "harness/model/cost.h"

#include <algorithm>

#include "harness/model/layer_rules.h"

namespace cnnbench {
namespace {

constexpr std::int64_t element_bytes = 4;  // f32

}  // namespace

std::string_view to_string(Direction direction) {
  switch (direction) {
    case Direction::forward:
      return "forward";
    case Direction::backward_data:
      return "backward_data";
    case Direction::backward_weights:
      return "backward_weights";
    case Direction::reorder:
      return "reorder";
  }
  return "";
}

bool has_direction(const ModelLayer& layer, Direction direction) {
  switch (direction) {
    case Direction::forward:
      return true;
    case Direction::backward_data:
      return layer.backward && layer.input_gradient;
    case Direction::backward_weights:
      return layer.backward && layer.parameters() > 0;
    case Direction::reorder:
      return false;
  }
  return false;
}

std::int64_t flops(const ModelLayer& layer, Direction direction, std::int64_t batch) {
  const ElementSum sum = sizes_of(layer).sum;
  return sum.counted && has_direction(layer, direction) ? 2 * sum.terms * layer.output.size() * batch : 0;
}

std::int64_t bytes(const ModelLayer& layer, Direction direction, std::int64_t batch) {
  const LayerRules rules = rules_of(layer.kind);
  if (rules.traits.free || !has_direction(layer, direction)) return 0;
  const std::int64_t input = batch * layer.input.size();
  const std::int64_t output = batch * layer.output.size();
  std::int64_t elements = input + output;
  if (direction == Direction::backward_data) {
    const BackwardReads& reads = rules.backward_reads;
    elements += (reads.input ? input : 0) + (reads.output ? output : 0) + (reads.mask ? output : 0) +
                (reads.weights ? layer.weights : 0);
  } else {
    elements += layer.parameters();
  }
  return elements * element_bytes;
}

double memory_bytes(const Model& model, bool training, std::int64_t batch) {
  std::int64_t all = model.input.size();
  std::int64_t neighbours = 0;
  for (const ModelLayer& layer : model.layers) {
    if (rules_of(layer.kind).traits.free) continue;
    all += layer.output.size();
    neighbours = std::max(neighbours, layer.input.size() + layer.output.size());
  }
  const double activations =
      static_cast<double>(batch) * static_cast<double>(neighbours + (training ? all : 0));
  return (activations + static_cast<double>(model.parameters()) * (training ? 2 : 1)) * element_bytes;
}

}  // namespace cnnbench
