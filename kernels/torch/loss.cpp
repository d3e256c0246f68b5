#include <algorithm>
#include <limits>

#include "harness/backend/initial_values.h"
#include "kernels/torch/builder.h"

namespace cnnbench::torch {
namespace {

/// ½·Σ x²; its gradient is x.
Value* add_l2(Builder& builder, Value* logits, bool gradient_wanted) {
  builder.add(Direction::forward, "dot", {logits}, {}, [&builder, logits] {
    const at::Tensor x = logits->tensor().reshape(-1);
    builder.loss = 0.5 * at::dot(x, x).item<double>();
  });
  if (!gradient_wanted) return nullptr;
  builder.begin_backward();
  Value* const gradient = builder.make_value(logits->dims, logits->layout);
  builder.add(Direction::backward_data, "clone", {logits}, {gradient},
              [logits, gradient] { gradient->data = at::clone(logits->tensor()); });
  return gradient;
}

/// Mean over the batch of -log softmax(x)[label]; its gradient is (softmax(x) - onehot(label)) / batch.
Value* add_cross_entropy(Builder& builder, Value* given, bool gradient_wanted) {
  Value* const logits = builder.in_layout(given, Layout::plain);
  const std::int64_t batch = builder.options.batch;
  const std::vector<std::int32_t> drawn = initial_labels(builder.model, batch, builder.options.seed);
  at::Tensor labels = at::empty({batch}, at::kLong);
  std::copy(drawn.begin(), drawn.end(), labels.data_ptr<std::int64_t>());

  constexpr std::int64_t mean = at::Reduction::Mean;
  constexpr std::int64_t ignored = -100;  // no label is
  Value* const logarithms = builder.make_value(logits->dims, Layout::plain);
  Value* const weight = builder.make_value({1, 1, 1, 1}, Layout::plain);
  builder.add(Direction::forward, "_log_softmax+nll_loss_forward", {logits}, {logarithms, weight},
              [&builder, logits, logarithms, weight, labels, batch] {
                logarithms->data = at::_log_softmax(logits->tensor().reshape({batch, -1}), 1, false);
                at::Tensor loss;
                std::tie(loss, weight->data) =
                    at::nll_loss_forward(logarithms->data, labels, {}, mean, ignored);
                builder.loss = loss.item<double>();
              });
  if (!gradient_wanted) return nullptr;
  builder.begin_backward();
  Value* const gradient = builder.make_value(logits->dims, Layout::plain);
  builder.add(
      Direction::backward_data, "nll_loss_backward+_log_softmax_backward_data", {logarithms, weight},
      {gradient}, [logarithms, weight, gradient, labels] {
        const at::Tensor one = at::ones({}, at::kFloat);
        const at::Tensor outer =
            at::nll_loss_backward(one, logarithms->data, labels, {}, mean, ignored, weight->data);
        gradient->data =
            at::_log_softmax_backward_data(outer, logarithms->data, 1, at::kFloat).reshape(gradient->dims);
      });
  return gradient;
}

}  // namespace

Value* add_loss(Builder& builder, Value* logits, bool gradient_wanted) {
  return builder.model.loss == Loss::l2 ? add_l2(builder, logits, gradient_wanted)
                                        : add_cross_entropy(builder, logits, gradient_wanted);
}

}  // namespace cnnbench::torch
