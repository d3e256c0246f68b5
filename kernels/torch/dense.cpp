#include <ATen/core/dispatch/Dispatcher.h>

#include "kernels/torch/builder.h"

namespace cnnbench::torch {
namespace {

/// y = x·Wᵀ + b by the library's BLAS; with packed weights by oneDNN, where the library has functions for it
/// (from 2.0 on).
class DensePlan final : public LayerPlan {
 public:
  DensePlan(const ModelLayer& layer, const Dense& dense) : layer_(layer), dense_(dense) {}

  Value* forward(Builder& builder, Value* given) override {
    batch_ = builder.options.batch;
    inputs_ = layer_.input.size();
    given_dims_ = given->dims;
    src_ = builder.in_layout(given, Layout::plain);
    weights_ = builder.add_parameter(Tensor::weights, {dense_.units, inputs_}, Layout::plain);
    if (dense_.bias) bias_ = builder.add_parameter(Tensor::bias, {dense_.units}, Layout::plain);
    dst_ = builder.make_value(to_dims(batch_, layer_.output), Layout::plain);
    c10::Dispatcher& dispatcher = c10::Dispatcher::singleton();
    const auto pack = dispatcher.findSchema({"mkldnn::_reorder_linear_weight", ""});
    const auto run = dispatcher.findSchema({"mkldnn::_linear_pointwise", ""});
    if (builder.setting.packed && pack && run && !builder.distrusted(Direction::forward, packed_name()))
      add_packed(builder, *pack, *run);
    else
      add_matrix_product(builder);
    return dst_;
  }

  Value* backward(Builder& builder, Value* given) override {
    Value* const output_gradient = builder.in_layout(given, Layout::plain);
    Value* const diff = add_fused_backward(builder, layer_, output_gradient, dst_);
    builder.add(Direction::backward_weights, dense_.bias ? "mm+sum" : "mm", {src_, diff}, {}, [this, diff] {
      const at::Tensor gradient = matrix(diff->tensor(), dense_.units);
      at::mm_out(weights_->gradient, gradient.t(), matrix(src_->tensor(), inputs_));
      if (dense_.bias) at::sum_out(bias_->gradient, gradient, {0});
    });
    if (!layer_.input_gradient) return nullptr;
    Value* const result = builder.make_value(given_dims_, Layout::plain);
    builder.add(Direction::backward_data, "mm", {diff}, {result}, [this, diff, result] {
      result->data = at::mm(matrix(diff->tensor(), dense_.units), weights_->data).view(result->dims);
    });
    return result;
  }

 private:
  at::Tensor matrix(const at::Tensor& value, std::int64_t columns) const {
    return value.reshape({batch_, columns});
  }

  std::string attribute() const {
    return dense_.activation == Activation::none   ? "none"
           : dense_.activation == Activation::relu ? "relu"
           : dense_.activation == Activation::tanh ? "tanh"
                                                   : "sigmoid";
  }
  std::string packed_name() const { return "mkldnn::_linear_pointwise(" + attribute() + ")"; }

  void add_matrix_product(Builder& builder) {
    const std::string name = in_place_name(dense_.activation);
    builder.add(Direction::forward, (dense_.bias ? "addmm" : "mm") + (name.empty() ? name : "+" + name),
                {src_}, {dst_}, [this] {
                  const at::Tensor x = matrix(src_->tensor(), inputs_);
                  const at::Tensor y = dense_.bias ? at::addmm(bias_->data, x, weights_->data.t())
                                                   : at::mm(x, weights_->data.t());
                  dst_->data = y.view(dst_->dims);
                  activate_in_place(dst_->data, dense_.activation);
                });
  }

  void add_packed(Builder& builder, const c10::OperatorHandle& pack, const c10::OperatorHandle& run) {
    weights_->pack = [this, pack] {
      std::vector<c10::IValue> stack{weights_->data, batch_};
      pack.callBoxed(&stack);
      packed_ = stack.front().toTensor();
    };
    builder.add(Direction::forward, packed_name(), {src_}, {dst_}, [this, run, attribute = attribute()] {
      std::vector<c10::IValue> stack{matrix(src_->tensor(), inputs_),
                                     packed_,
                                     dense_.bias ? c10::IValue(bias_->data) : c10::IValue(),
                                     attribute,
                                     c10::List<c10::optional<at::Scalar>>(),
                                     c10::IValue()};
      run.callBoxed(&stack);
      dst_->data = stack.front().toTensor().reshape(dst_->dims);
    });
  }

  const ModelLayer& layer_;
  Dense dense_;
  std::int64_t batch_ = 0;
  std::int64_t inputs_ = 0;
  Sizes given_dims_;
  Value* src_ = nullptr;
  Value* dst_ = nullptr;
  Parameter* weights_ = nullptr;
  Parameter* bias_ = nullptr;
  at::Tensor packed_;
};

}  // namespace

std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const Dense& dense) {
  return std::make_unique<DensePlan>(layer, dense);
}

}  // namespace cnnbench::torch
