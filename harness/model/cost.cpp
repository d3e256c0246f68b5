#include "harness/model/cost.h"

#include <algorithm>

namespace cnnbench {
namespace {

constexpr std::int64_t element_bytes = 4;  // f32

/// Elements that backward data reads beside the output's gradient.
std::int64_t extra_backward_reads(const ModelLayer& layer, std::int64_t batch) {
  const LayerKind& kind = layer.kind;
  if (std::holds_alternative<Convolution>(kind) || std::holds_alternative<Dense>(kind)) return layer.weights;
  if (const auto* pool = std::get_if<Pooling>(&kind))
    return pool->pool == PoolKind::max ? batch * layer.input.size() : 0;
  if (std::holds_alternative<ActivationLayer>(kind) || std::holds_alternative<Dropout>(kind) ||
      std::holds_alternative<Softmax>(kind))
    return batch * layer.output.size();
  if (std::holds_alternative<LocalResponseNormalization>(kind)) return batch * layer.input.size();
  if (std::holds_alternative<BatchNormalization>(kind)) return batch * layer.input.size() + layer.weights;
  return 0;
}

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
  const bool counted =
      std::holds_alternative<Convolution>(layer.kind) || std::holds_alternative<Dense>(layer.kind);
  if (!counted || !has_direction(layer, direction)) return 0;
  // Every weight takes part in one multiply-add at every output pixel.
  return 2 * layer.weights * layer.output.height * layer.output.width * batch;
}

std::int64_t bytes(const ModelLayer& layer, Direction direction, std::int64_t batch) {
  if (std::holds_alternative<Flatten>(layer.kind) || !has_direction(layer, direction)) return 0;
  const std::int64_t input = batch * layer.input.size();
  const std::int64_t output = batch * layer.output.size();
  std::int64_t elements = input + output;
  if (direction == Direction::backward_data)
    elements += extra_backward_reads(layer, batch);
  else
    elements += layer.parameters();
  return elements * element_bytes;
}

double memory_bytes(const Model& model, bool training, std::int64_t batch) {
  std::int64_t all = model.input.size();
  std::int64_t neighbours = 0;
  for (const ModelLayer& layer : model.layers) {
    if (std::holds_alternative<Flatten>(layer.kind)) continue;
    all += layer.output.size();
    neighbours = std::max(neighbours, layer.input.size() + layer.output.size());
  }
  const double activations =
      static_cast<double>(batch) * static_cast<double>(neighbours + (training ? all : 0));
  return (activations + static_cast<double>(model.parameters()) * (training ? 2 : 1)) * element_bytes;
}

}  // namespace cnnbench
