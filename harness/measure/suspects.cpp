#include "harness/measure/suspects.h"

#include <algorithm>

namespace cnnbench {
namespace {

/// The directions whose operations make a tensor, or the loss, the likeliest first.
std::vector<Direction> directions_of(std::optional<Tensor> tensor) {
  using enum Direction;
  if (!tensor || tensor == Tensor::output || tensor == Tensor::mask) return {forward, reorder};
  if (tensor == Tensor::input_gradient) return {backward_data, backward_weights, reorder};
  if (tensor == Tensor::weights_gradient || tensor == Tensor::bias_gradient)
    return {backward_weights, backward_data, reorder};
  if (tensor == Tensor::input || tensor == Tensor::output_gradient) return {reorder};
  return {};
}

}  // namespace

std::string layer_name(const Model& model, int layer) {
  return layer < static_cast<int>(model.layers.size()) ? model.layers[static_cast<std::size_t>(layer)].name
                                                       : "loss";
}

Distrusted distrust(const Operation& operation, const Model& model) {
  return {layer_name(model, operation.layer), operation.direction, operation.implementation};
}

std::vector<std::size_t> suspects(const Program& program, const Model& model, const Place& place) {
  const std::vector<Operation>& operations = program.operations();
  std::vector<std::size_t> list;
  for (const Direction direction : directions_of(place.tensor))
    for (std::size_t i = 0; i < operations.size(); ++i) {
      const Distrusted one = distrust(operations[i], model);
      if (one.layer != place.layer || one.direction != direction) continue;
      if (std::none_of(list.begin(), list.end(),
                       [&](std::size_t other) { return distrust(operations[other], model) == one; }))
        list.push_back(i);
    }
  return list;
}

std::vector<std::string> implementations(const std::vector<Operation>& operations, const Model& model,
                                         const Distrusted& of) {
  std::vector<std::string> list;
  for (const Operation& operation : operations)
    if (layer_name(model, operation.layer) == of.layer && operation.direction == of.direction &&
        std::find(list.begin(), list.end(), operation.implementation) == list.end())
      list.push_back(operation.implementation);
  return list;
}

}  // namespace cnnbench
