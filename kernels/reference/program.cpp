#include "kernels/reference/program.h"

#include <algorithm>
#include <stdexcept>

#include "kernels/reference/layers.h"

namespace cnnbench::reference {

ReferenceProgram::ReferenceProgram(const Model& model, const PrepareOptions& options)
    : model_(model), options_(options) {
  if (options.batch < 1) throw std::runtime_error("the batch must be positive");
  allocate();
  fill();
  list_operations();
}

bool ReferenceProgram::does_nothing(const ModelLayer& layer) const {
  return std::holds_alternative<Flatten>(layer.kind) ||
         (std::holds_alternative<Dropout>(layer.kind) && !training());
}

void ReferenceProgram::allocate() {
  const std::int64_t batch = options_.batch;
  activations_.emplace_back(batch * model_.input.size());
  std::size_t parameters = 0;
  for (const ModelLayer& layer : model_.layers) {
    LayerState state;
    state.input = activations_.size() - 1;
    if (!does_nothing(layer)) activations_.emplace_back(tensor_size(layer, Tensor::output, batch));
    state.output = activations_.size() - 1;
    state.first_weight = parameters;
    parameters += static_cast<std::size_t>(layer.parameters());
    if (training()) state.mask.resize(tensor_size(layer, Tensor::mask, batch));
    states_.push_back(std::move(state));
  }
  parameters_.resize(parameters);
  if (!training()) return;
  gradients_.resize(parameters);
  activation_gradients_.resize(activations_.size());
  for (std::size_t i = 0; i < model_.layers.size(); ++i)
    if (model_.layers[i].input_gradient)
      activation_gradients_[states_[i].input].resize(activations_[states_[i].input].size());
  // The loss has a gradient even where no layer has a use for it.
  const std::size_t last = model_.loss_layer() < 0 ? 0 : states_[model_.loss_layer()].output;
  activation_gradients_[last].resize(activations_[last].size());
}

void ReferenceProgram::fill() {
  for (int i = 0; i < static_cast<int>(model_.layers.size()); ++i) {
    initial_weights(model_, i, options_.seed, find(i, Tensor::weights));
    initial_bias(model_, i, options_.seed, find(i, Tensor::bias));
  }
  initial_input(model_, options_.batch, options_.seed, activations_[0]);
  if (training() && model_.loss == Loss::cross_entropy)
    labels_ = initial_labels(model_, options_.batch, options_.seed);
}

void ReferenceProgram::list_operations() {
  const auto add = [&](int layer, Direction direction) {
    operations_.push_back({layer, direction, "reference", "nchw"});
  };
  const int layers = static_cast<int>(model_.layers.size());
  for (int i = 0; i < layers; ++i)
    if (!does_nothing(model_.layers[i])) add(i, Direction::forward);
  if (!training()) return;
  add(layers, Direction::forward);
  add(layers, Direction::backward_data);
  for (int i = layers - 1; i >= 0; --i)
    for (const Direction direction : {Direction::backward_weights, Direction::backward_data})
      if (has_direction(model_.layers[i], direction) && !does_nothing(model_.layers[i])) add(i, direction);
}

void ReferenceProgram::run(std::size_t operation) {
  const int layer = operations_.at(operation).layer;
  const Direction direction = operations_.at(operation).direction;
  if (layer == static_cast<int>(model_.layers.size())) return run_loss(direction);
  switch (direction) {
    case Direction::forward: {
      LayerState& state = states_[layer];
      if (!state.mask.empty()) dropout_mask(model_, layer, options_.seed, state.steps++, state.mask);
      evaluate_all(layer, Tensor::output);
      break;
    }
    case Direction::backward_data:
      evaluate_all(layer, Tensor::input_gradient);
      break;
    case Direction::backward_weights:
      evaluate_all(layer, Tensor::weights_gradient);
      if (model_.layers[layer].biases > 0) evaluate_all(layer, Tensor::bias_gradient);
      break;
    case Direction::reorder:
      break;  // plain tensors never need one
  }
}

void ReferenceProgram::evaluate_all(int layer, Tensor tensor) {
  const ElementRule rule = element_rule(data_of(layer), tensor);
  const std::span<float> values = find(layer, tensor);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(rule(static_cast<std::int64_t>(i)).value);
}

void ReferenceProgram::run_loss(Direction direction) {
  const std::size_t last = model_.loss_layer() < 0 ? 0 : states_[model_.loss_layer()].output;
  const bool forward = direction == Direction::forward;
  const double loss = evaluate_loss(model_.loss, options_.batch, activations_[last], labels_,
                                    forward ? std::span<float>() : activation_gradients_[last]);
  if (forward) loss_ = loss;
}

LayerData ReferenceProgram::data_of(int layer) {
  return {&model_.layers[layer],
          options_.batch,
          training(),
          find(layer, Tensor::input),
          find(layer, Tensor::output),
          find(layer, Tensor::weights),
          find(layer, Tensor::bias),
          find(layer, Tensor::mask),
          find(layer, Tensor::output_gradient)};
}

std::span<float> ReferenceProgram::find(int layer, Tensor tensor) {
  const ModelLayer& shape = model_.layers.at(static_cast<std::size_t>(layer));
  LayerState& state = states_[layer];
  const auto parameters_of = [&](std::vector<float>& all, std::int64_t skipped, std::int64_t count) {
    if (all.empty()) return std::span<float>();
    return std::span(all).subspan(state.first_weight + skipped, count);
  };
  const auto gradient_of = [&](std::size_t activation) {
    return training() ? std::span(activation_gradients_[activation]) : std::span<float>();
  };
  switch (tensor) {
    case Tensor::input:
      return activations_[state.input];
    case Tensor::output:
      return activations_[state.output];
    case Tensor::weights:
      return parameters_of(parameters_, 0, shape.weights);
    case Tensor::bias:
      return parameters_of(parameters_, shape.weights, shape.biases);
    case Tensor::mask:
      return state.mask;
    case Tensor::input_gradient:
      return gradient_of(state.input);
    case Tensor::output_gradient:
      return gradient_of(state.output);
    case Tensor::weights_gradient:
      return parameters_of(gradients_, 0, shape.weights);
    case Tensor::bias_gradient:
      return parameters_of(gradients_, shape.weights, shape.biases);
  }
  return {};
}

void ReferenceProgram::read(int layer, Tensor tensor, std::span<float> plain) {
  const std::span<float> values = find(layer, tensor);
  if (values.empty()) no_such_tensor(model_.layers[layer].name);
  if (values.size() != plain.size()) throw std::invalid_argument("read: not the size of the tensor");
  std::copy(values.begin(), values.end(), plain.begin());
}

void ReferenceProgram::write(int layer, Tensor tensor, std::span<const float> plain) {
  const bool writable =
      tensor == Tensor::weights || tensor == Tensor::bias || (tensor == Tensor::input && layer == 0);
  const std::span<float> values = writable ? find(layer, tensor) : std::span<float>();
  if (values.empty()) throw std::invalid_argument("write: the layer has no such tensor that can be written");
  if (values.size() != plain.size()) throw std::invalid_argument("write: not the size of the tensor");
  std::copy(plain.begin(), plain.end(), values.begin());
}

}  // namespace cnnbench::reference
