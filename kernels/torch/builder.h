#pragma once

#include <ATen/ATen.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/backend/backend.h"
#include "kernels/torch/setting.h"

namespace cnnbench::torch {

using Sizes = std::vector<std::int64_t>;

/// Activations, gradients, or what a layer keeps for its backward pass. The tensor is there from the
/// operation that writes it until no one may ask for it any more.
struct Value {
  at::Tensor data;
  Value* base = nullptr;          ///< where this is a view: what it is a view of, and `data` is not used
  Sizes dims;                     ///< N, C, H, W
  Layout layout = Layout::plain;  ///< how the elements are meant to lie; the tensor's strides say how they do
  bool kept = false;              ///< never released: the network's input and, in training, activations
  std::ptrdiff_t release_after = -1;  ///< the operation after which nobody needs it

  at::Tensor tensor() const { return base == nullptr ? data : base->tensor().reshape(dims); }
  Value* owner() { return base == nullptr ? this : base->owner(); }
};

/// One tensor of parameters: a view of the arena, in the layout of its gradient, so that an update is
/// elementwise.
struct Parameter {
  int layer = 0;
  Tensor tensor = Tensor::weights;
  Sizes dims;
  Layout layout = Layout::plain;
  std::int64_t offset = 0;  ///< elements into both arenas
  at::Tensor data;
  at::Tensor gradient;
  std::function<void()> pack;  ///< makes the copy that operations use, where they use one
};

/// The values of a layer that Program::read can be asked for.
struct LayerValues {
  Value* input = nullptr;
  Value* output = nullptr;
  Value* mask = nullptr;
  Value* input_gradient = nullptr;
  Value* output_gradient = nullptr;
};

/// What run() does for one operation.
struct Action {
  std::function<void()> function;
  std::vector<Value*> reads;
  std::vector<Value*> writes;
  std::vector<Value*> releases;  ///< before it runs: a layer's operations, run again, find what they read
};

/// Gathers a program's operations and values, layer by layer. Nothing is computed meanwhile.
class Builder {
 public:
  Builder(const Model& the_model, const PrepareOptions& the_options, const Setting& the_setting)
      : model(the_model), options(the_options), setting(the_setting), values(the_model.layers.size() + 1) {}

  const Model& model;
  const PrepareOptions& options;
  const Setting& setting;
  std::vector<Operation> operations;
  std::vector<Action> actions;
  std::deque<Parameter> parameters;
  std::vector<LayerValues> values;  ///< a layer
  double loss = 0;

  bool training() const { return options.pass != Pass::forward; }

  /// Operations added from here on belong to this layer (model.layers.size(): the loss).
  void begin_layer(int layer) { layer_ = layer; }
  int layer() const { return layer_; }
  /// From here on values are gradients: short-lived, also in training.
  void begin_backward() { backward_ = true; }

  /// A value that some operation will write. In the forward part of training it is kept.
  Value* make_value(const Sizes& dims, Layout layout);

  /// The value in the layout that is wanted: itself, or a reordered copy (an operation, charged to this
  /// layer).
  Value* in_layout(Value* value, Layout wanted);

  /// The value with these dimensions, equal element by element in CHW order; plain where they differ.
  Value* with_dims(Value* value, const Sizes& dims);

  /// The value as a layer that has no kernels for opaque tensors takes it.
  Value* dense(Value* value) {
    return value->layout == Layout::opaque ? in_layout(value, Layout::plain) : value;
  }

  /// Adds an operation. What it reads and writes says how long tensors have to live.
  void add(Direction direction, const std::string& implementation, std::vector<Value*> reads,
           std::vector<Value*> writes, std::function<void()> function);

  /// Whether verification found this implementation wrong in this layer: see PrepareOptions.
  bool distrusted(Direction direction, const std::string& implementation) const;

  /// Registers a parameter of this layer; its address is final.
  Parameter* add_parameter(Tensor tensor, const Sizes& dims, Layout layout);

  /// Decides when values are released; to be called when all operations are there.
  void plan_releases();

 private:
  std::string full_name(const std::string& implementation) const;

  std::deque<Value> all_;
  int layer_ = 0;
  bool backward_ = false;
};

/// One layer's part in a program.
class LayerPlan {
 public:
  virtual ~LayerPlan() = default;
  /// Adds the forward operations; returns the output.
  virtual Value* forward(Builder& builder, Value* src) = 0;
  /// Adds the backward operations; returns the gradient of the input, with the dimensions that the input had,
  /// or nullptr where the model wants none.
  virtual Value* backward(Builder& builder, Value* diff_dst) = 0;
};

/// N and a shape as dimensions.
Sizes to_dims(std::int64_t batch, const Shape& shape);

/// A tensor with its elements in that layout (not opaque).
at::MemoryFormat memory_format(Layout layout);

std::unique_ptr<LayerPlan> make_convolution(const ModelLayer& layer);
std::unique_ptr<LayerPlan> make_dense(const ModelLayer& layer);
std::unique_ptr<LayerPlan> make_pooling(const ModelLayer& layer);
std::unique_ptr<LayerPlan> make_activation(const ModelLayer& layer);
std::unique_ptr<LayerPlan> make_standardize(const ModelLayer& layer);
std::unique_ptr<LayerPlan> make_dropout(const ModelLayer& layer);
std::unique_ptr<LayerPlan> make_flatten(const ModelLayer& layer);
std::unique_ptr<LayerPlan> make_softmax(const ModelLayer& layer);
std::unique_ptr<LayerPlan> make_lrn(const ModelLayer& layer);
std::unique_ptr<LayerPlan> make_batch_normalization(const ModelLayer& layer);

/// Adds the loss of `logits` and, where `wanted`, its gradient (with the dimensions of logits).
Value* add_loss(Builder& builder, Value* logits, bool gradient_wanted);

/// Applies an activation in place. What ATen calls it: "relu_"; "" for none.
void activate_in_place(at::Tensor& values, Activation activation);
std::string in_place_name(Activation activation);

/// The gradient before the function, from the gradient after it and the function's result.
at::Tensor activation_backward(const at::Tensor& gradient, const at::Tensor& result, Activation activation);
std::string backward_name(Activation activation);

/// Adds the backward operation of an activation fused into the layer; returns the gradient before it.
Value* add_fused_backward(Builder& builder, const ModelLayer& layer, Value* diff_dst, Value* dst);

}  // namespace cnnbench::torch
