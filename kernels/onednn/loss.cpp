#include "kernels/common/loss.h"

#include "kernels/onednn/builder.h"

namespace cnnbench::onednn {

Value add_loss(Builder& builder, const Value& given, bool gradient_wanted) {
  const auto loss = std::make_shared<const common::LossFunction>(builder.model, builder.options);
  // What pads a layout is zero.
  const Value logits = loss->any_order() ? given : builder.in_layout(given, plain_desc(given.dims));
  const auto count = static_cast<std::int64_t>(logits.desc.get_size() / sizeof(float));
  builder.add(Direction::forward, loss->name(), {logits.data},
              [&builder, loss, logits, count] { builder.loss = loss->value(floats(logits.data), count); });
  if (!gradient_wanted) return {};
  builder.begin_backward();
  const Value gradient = builder.make_value(logits.dims, logits.desc);
  builder.add(
      Direction::backward_data, loss->gradient_name(), {logits.data, gradient.data},
      [loss, logits, gradient, count] { loss->gradient(floats(logits.data), count, floats(gradient.data)); });
  return gradient;
}

}  // namespace cnnbench::onednn
