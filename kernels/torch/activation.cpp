#include <ATen/Parallel.h>

#include <algorithm>

#include "harness/backend/initial_values.h"
#include "kernels/torch/builder.h"

namespace cnnbench::torch {
namespace {

/// An activation function as a layer; its backward pass from the output alone.
class ActivationPlan final : public LayerPlan {
 public:
  explicit ActivationPlan(const ActivationLayer& activation) : function_(activation.function) {}

  Value* forward(Builder& builder, Value* src) override {
    dst_ = builder.make_value(src->dims, src->layout);
    std::string name(to_string(function_));
    builder.add(Direction::forward, name, {src}, {dst_}, [this, src] {
      const at::Tensor x = src->tensor();
      dst_->data = function_ == Activation::relu   ? at::relu(x)
                   : function_ == Activation::tanh ? at::tanh(x)
                                                   : at::sigmoid(x);
    });
    return dst_;
  }

  Value* backward(Builder& builder, Value* given) override {
    Value* const diff = builder.in_layout(given, dst_->layout);
    Value* const result = builder.make_value(dst_->dims, dst_->layout);
    builder.add(Direction::backward_data, backward_name(function_), {diff, dst_}, {result},
                [this, diff, result] {
                  result->data = activation_backward(diff->tensor(), dst_->tensor(), function_);
                });
    return result;
  }

 private:
  Activation function_;
  Value* dst_ = nullptr;
};

/// (x - mean) / sd.
class StandardizePlan final : public LayerPlan {
 public:
  explicit StandardizePlan(const Standardize& layer) : mean_(layer.mean), sd_(layer.sd) {}

  Value* forward(Builder& builder, Value* given) override {
    Value* const src = builder.dense(given);
    Value* const dst = builder.make_value(src->dims, src->layout);
    builder.add(Direction::forward, "sub+div_", {src}, {dst},
                [this, src, dst] { dst->data = at::sub(src->tensor(), mean_).div_(sd_); });
    return dst;
  }

  Value* backward(Builder& builder, Value* diff) override {
    Value* const result = builder.make_value(diff->dims, diff->layout);
    builder.add(Direction::backward_data, "div", {diff}, {result},
                [this, diff, result] { result->data = at::div(diff->tensor(), sd_); });
    return result;
  }

 private:
  double mean_;
  double sd_;
};

/// Dropout with the masks that all backends draw: a new one in every step.
class DropoutPlan final : public LayerPlan {
 public:
  Value* forward(Builder& builder, Value* src) override {
    if (!builder.training()) return src;
    Value* const dst = builder.make_value(src->dims, src->layout);
    mask_ = builder.make_value(src->dims, src->layout);
    builder.values[static_cast<std::size_t>(builder.layer())].mask = mask_;
    builder.add(Direction::forward, "philox+mul", {src}, {dst, mask_},
                [this, &builder, layer = builder.layer(), src, dst, step = std::uint64_t{0}]() mutable {
                  const at::Tensor x = src->tensor();
                  const at::Tensor plain = at::empty(x.sizes(), x.options());
                  draw(builder, layer, step++, plain);
                  mask_->data = plain.contiguous(x.suggest_memory_format());
                  dst->data = at::mul(x, mask_->data);
                });
    return dst;
  }

  Value* backward(Builder& builder, Value* given) override {
    Value* const diff = builder.in_layout(given, mask_->layout);
    Value* const result = builder.make_value(diff->dims, diff->layout);
    builder.add(Direction::backward_data, "mul", {diff, mask_}, {result},
                [this, diff, result] { result->data = at::mul(diff->tensor(), mask_->data); });
    return result;
  }

 private:
  /// `mask` is in NCHW order: element i of the stream is element i of its memory.
  static void draw(const Builder& builder, int layer, std::uint64_t step, const at::Tensor& mask) {
    float* const factors = mask.data_ptr<float>();
    constexpr std::int64_t chunk = 2048;
    const std::int64_t count = mask.numel();
    at::parallel_for(0, (count + chunk - 1) / chunk, 1, [&](std::int64_t begin, std::int64_t end) {
      const std::int64_t first = begin * chunk;
      const std::int64_t length = std::min(end * chunk, count) - first;
      dropout_mask(builder.model, layer, builder.options.seed, step,
                   {factors + first, static_cast<std::size_t>(length)}, static_cast<std::uint64_t>(first));
    });
  }

  Value* mask_ = nullptr;
};

/// Nothing to do in plain memory.
class FlattenPlan final : public LayerPlan {
 public:
  explicit FlattenPlan(const ModelLayer& layer) : layer_(layer) {}

  Value* forward(Builder& builder, Value* src) override {
    dims_ = src->dims;
    return builder.with_dims(src, to_dims(builder.options.batch, layer_.output));
  }
  Value* backward(Builder& builder, Value* diff) override { return builder.with_dims(diff, dims_); }

 private:
  const ModelLayer& layer_;
  Sizes dims_;
};

}  // namespace

void activate_in_place(at::Tensor& values, Activation activation) {
  if (activation == Activation::relu) at::relu_(values);
  if (activation == Activation::tanh) at::tanh_(values);
  if (activation == Activation::sigmoid) at::sigmoid_(values);
}

std::string in_place_name(Activation activation) {
  return activation == Activation::none ? "" : std::string(to_string(activation)) + "_";
}

at::Tensor activation_backward(const at::Tensor& gradient, const at::Tensor& result, Activation activation) {
  if (activation == Activation::relu) return at::threshold_backward(gradient, result, 0);
  if (activation == Activation::tanh) return at::tanh_backward(gradient, result);
  if (activation == Activation::sigmoid) return at::sigmoid_backward(gradient, result);
  return gradient;
}

std::string backward_name(Activation activation) {
  if (activation == Activation::relu) return "threshold_backward";
  return std::string(to_string(activation)) + "_backward";
}

Value* add_fused_backward(Builder& builder, const ModelLayer& layer, Value* diff_dst, Value* dst) {
  const Activation activation = fused_activation(layer.kind);
  if (activation == Activation::none) return diff_dst;
  Value* const result = builder.make_value(dst->dims, dst->layout);
  // Both gradients need it; it is charged to the one that always follows it.
  builder.add(layer.input_gradient ? Direction::backward_data : Direction::backward_weights,
              backward_name(activation), {diff_dst, dst}, {result},
              [=] { result->data = activation_backward(diff_dst->tensor(), dst->tensor(), activation); });
  return result;
}

std::unique_ptr<LayerPlan> make_plan(const ModelLayer&, const ActivationLayer& activation) {
  return std::make_unique<ActivationPlan>(activation);
}

std::unique_ptr<LayerPlan> make_plan(const ModelLayer&, const Standardize& standardize) {
  return std::make_unique<StandardizePlan>(standardize);
}

std::unique_ptr<LayerPlan> make_plan(const ModelLayer&, const Dropout&) {
  return std::make_unique<DropoutPlan>();
}

std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const Flatten&) {
  return std::make_unique<FlattenPlan>(layer);
}

}  // namespace cnnbench::torch
