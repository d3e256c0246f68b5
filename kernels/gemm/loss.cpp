#include "kernels/common/loss.h"

#include "kernels/gemm/builder.h"

namespace cnnbench::gemm {

Value add_loss(Builder& builder, const Value& logits, bool gradient_wanted) {
  const auto loss = std::make_shared<const common::LossFunction>(builder.model, builder.options);
  builder.add(Direction::forward, loss->name(), {logits}, [&builder, loss, logits] {
    builder.loss = loss->value(builder.data(logits), logits.elements);
  });
  if (!gradient_wanted) return {};
  const Value gradient = builder.make_gradient(logits.elements);
  builder.add(Direction::backward_data, loss->gradient_name(), {logits, gradient},
              [&builder, loss, logits, gradient] {
                loss->gradient(builder.data(logits), logits.elements, builder.data(gradient));
              });
  return gradient;
}

}  // namespace cnnbench::gemm
