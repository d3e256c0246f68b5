#pragma once

#include <stdexcept>
#include <utility>
#include <vector>

#include "harness/backend/backend.h"
#include "kernels/common/parameter_arena.h"

namespace cnnbench::common {

/// The values of a layer that Program::read can be asked for. `Value` is a backend's own type, false where
/// there is none.
template <typename Value>
struct LayerValues {
  Value input{};
  Value output{};
  Value mask{};
  Value input_gradient{};
  Value output_gradient{};

  /// Throws std::invalid_argument where the layer has none.
  const Value& at(Tensor tensor) const {
    const Value* const value = tensor == Tensor::input             ? &input
                               : tensor == Tensor::output          ? &output
                               : tensor == Tensor::mask            ? &mask
                               : tensor == Tensor::input_gradient  ? &input_gradient
                               : tensor == Tensor::output_gradient ? &output_gradient
                                                                   : nullptr;
    if (value == nullptr || !*value) throw std::invalid_argument("the layer has no such tensor in this pass");
    return *value;
  }
};

/// What all builders gather, layer by layer. `model` and `options` have to outlive it.
struct BuilderBase {
  /// Throws std::runtime_error where the batch is not positive.
  BuilderBase(const Model& of, const PrepareOptions& with, ParameterArena memory = ParameterArena())
      : model(of), options(with), arena(std::move(memory)) {
    if (options.batch < 1) throw std::runtime_error("the batch must be positive");
  }

  const Model& model;
  const PrepareOptions& options;
  std::vector<Operation> operations;
  ParameterArena arena;
  double loss = 0;  ///< of the latest step

  bool training() const { return options.pass != Pass::forward; }

  /// Operations added from here on belong to this layer (model.layers.size(): the loss).
  void begin_layer(int index) { layer_ = index; }
  int layer() const { return layer_; }

 private:
  int layer_ = 0;
};

/// Adds all operations of a network to a builder: forward through all layers and, in training, the loss and
/// backward in reverse order. `input` is the images' value. make_plan(i) gives the plan of layer i, whose
/// forward(builder, source) and backward(builder, gradient) return values; add_loss(builder, logits, gradient
/// wanted) the gradient of the loss. Returns the plans.
template <typename Builder, typename Value, typename MakePlan>
auto add_network(Builder& builder, const Value& input, MakePlan make_plan) {
  const Model& model = builder.model;
  const int layers = static_cast<int>(model.layers.size());
  const auto values_of = [&](int i) -> LayerValues<Value>& {
    return builder.values[static_cast<std::size_t>(i)];
  };
  std::vector<decltype(make_plan(0))> plans;
  Value value = input;
  for (int i = 0; i < layers; ++i) {
    builder.begin_layer(i);
    plans.push_back(make_plan(i));
    values_of(i).input = value;
    value = plans.back()->forward(builder, value);
    values_of(i).output = value;
  }
  if (!builder.training()) return plans;

  const int last = model.loss_layer();
  const auto backward = [&](int i) { return i >= 0 && model.layers[static_cast<std::size_t>(i)].backward; };
  builder.begin_layer(layers);
  const Value logits = last >= 0 ? values_of(last).output : input;
  Value gradient = add_loss(builder, logits, backward(last));
  for (int i = last; backward(i) && gradient; --i) {
    builder.begin_layer(i);
    values_of(i).output_gradient = gradient;
    gradient = plans[static_cast<std::size_t>(i)]->backward(builder, gradient);
    values_of(i).input_gradient = gradient;
  }
  return plans;
}

}  // namespace cnnbench::common
