#include "kernels/torch/builder.h"

namespace cnnbench::torch {
namespace {

/// Softmax over the channels.
class SoftmaxPlan final : public LayerPlan {
 public:
  Value* forward(Builder& builder, Value* given) override {
    Value* const src = builder.dense(given);
    dst_ = builder.make_value(src->dims, src->layout);
    builder.add(Direction::forward, "_softmax", {src}, {dst_},
                [this, src] { dst_->data = at::_softmax(src->tensor(), 1, false); });
    return dst_;
  }

  Value* backward(Builder& builder, Value* given) override {
    Value* const diff = builder.in_layout(given, dst_->layout);
    Value* const result = builder.make_value(dst_->dims, dst_->layout);
    builder.add(Direction::backward_data, "_softmax_backward_data", {diff, dst_}, {result},
                [this, diff, result] {
                  result->data = at::_softmax_backward_data(diff->tensor(), dst_->tensor(), 1, at::kFloat);
                });
    return result;
  }

 private:
  Value* dst_ = nullptr;
};

}  // namespace

std::unique_ptr<LayerPlan> make_plan(const ModelLayer&, const Softmax&) {
  return std::make_unique<SoftmaxPlan>();
}

}  // namespace cnnbench::torch
