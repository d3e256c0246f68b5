#pragma once

#include <ATen/ATen.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernels/common/network.h"
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
  at::Tensor data;
  at::Tensor gradient;
  std::function<void()> pack;  ///< makes the copy that operations use, where they use one
};

/// What run() does for one operation.
struct Action {
  std::function<void()> function;
  std::vector<Value*> reads;
  std::vector<Value*> writes;
  std::vector<Value*> releases;  ///< before it runs: a layer's operations, run again, find what they read
};

/// Gathers a program's operations and values, layer by layer. Nothing is computed meanwhile.
class Builder : public common::BuilderBase {
 public:
  Builder(const Model& of, const PrepareOptions& with, const Setting& in)
      : BuilderBase(of, with), setting(in), values(of.layers.size()) {}

  const Setting setting;
  std::vector<Action> actions;
  std::deque<Parameter> parameters;
  std::vector<common::LayerValues<Value*>> values;  ///< a layer

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

  /// Registers a parameter of this layer; its address is final, its tensors are there after place_parameters.
  Parameter* add_parameter(Tensor tensor, const Sizes& dims, Layout layout);

  /// Allocates the arena, and makes the parameters views of it.
  void place_parameters();

  /// Decides when values are released; to be called when all operations are there.
  void plan_releases();

 private:
  std::string full_name(const std::string& implementation) const;

  std::deque<Value> all_;
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

// The plan of a layer of each kind.
std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const Convolution& convolution);
std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const Dense& dense);
std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const Pooling& pooling);
std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const ActivationLayer& activation);
std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const Standardize& standardize);
std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const Dropout& dropout);
std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const Flatten& flatten);
std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const Softmax& softmax);
std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const LocalResponseNormalization& lrn);
std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const BatchNormalization& normalization);

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
