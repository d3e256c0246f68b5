#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "harness/backend/initial_values.h"
#include "kernels/onednn/builder.h"

namespace cnnbench::onednn {
namespace {

const float* read_pointer(const Value& value) {
  return static_cast<const float*>(value.data.get_data_handle());
}
float* write_pointer(const Value& value) {
  return static_cast<float*>(value.data.get_data_handle());
}

/// ½·Σ x²; its gradient is x. Layout does not matter: padding is zero.
Value add_l2(Builder& builder, const Value& logits, bool gradient_wanted) {
  const auto count = static_cast<std::int64_t>(logits.desc.get_size() / sizeof(float));
  builder.add(Direction::forward, "half_sum_of_squares", [&builder, logits, count] {
    const float* const x = read_pointer(logits);
    double sum = 0;
#pragma omp parallel for simd schedule(static) reduction(+ : sum)
    for (std::int64_t i = 0; i < count; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
    builder.loss = 0.5 * sum;
  });
  if (!gradient_wanted) return {};
  builder.begin_backward();
  const Value gradient = builder.make_value(logits.dims, logits.desc);
  builder.add(Direction::backward_data, "copy", [logits, gradient, count] {
    const float* const x = read_pointer(logits);
    float* const g = write_pointer(gradient);
#pragma omp parallel for simd schedule(static)
    for (std::int64_t i = 0; i < count; ++i) g[i] = x[i];
  });
  return gradient;
}

/// log Σ exp(x) of one row, safe against overflow by taking the maximum out.
double log_sum_exp(const float* row, std::int64_t classes) {
  const float largest = *std::max_element(row, row + classes);
  double sum = 0;
  for (std::int64_t c = 0; c < classes; ++c) sum += std::exp(static_cast<double>(row[c] - largest));
  return static_cast<double>(largest) + std::log(sum);
}

/// Mean over the batch of -log softmax(x)[label]; its gradient is (softmax(x) - onehot(label)) / batch.
Value add_cross_entropy(Builder& builder, const Value& given, bool gradient_wanted) {
  const std::int64_t batch = given.dims[0];
  const std::int64_t classes = given.dims[1] * given.dims[2] * given.dims[3];
  const Value logits = builder.in_layout(given, plain_desc(given.dims));
  const auto labels = std::make_shared<const std::vector<std::int32_t>>(
      initial_labels(builder.model, batch, builder.options.seed));
  builder.add(Direction::forward, "log_softmax", [&builder, logits, labels, batch, classes] {
    const float* const x = read_pointer(logits);
    double sum = 0;
#pragma omp parallel for schedule(static) reduction(+ : sum)
    for (std::int64_t n = 0; n < batch; ++n) {
      const float* const row = x + n * classes;
      sum += log_sum_exp(row, classes) - static_cast<double>(row[(*labels)[static_cast<std::size_t>(n)]]);
    }
    builder.loss = sum / static_cast<double>(batch);
  });
  if (!gradient_wanted) return {};
  builder.begin_backward();
  const Value gradient = builder.make_value(logits.dims, logits.desc);
  builder.add(Direction::backward_data, "softmax_minus_onehot", [logits, gradient, labels, batch, classes] {
    const float* const x = read_pointer(logits);
    float* const g = write_pointer(gradient);
    const double scale = 1.0 / static_cast<double>(batch);
#pragma omp parallel for schedule(static)
    for (std::int64_t n = 0; n < batch; ++n) {
      const float* const row = x + n * classes;
      const double log_sum = log_sum_exp(row, classes);
      const std::int32_t label = (*labels)[static_cast<std::size_t>(n)];
      for (std::int64_t c = 0; c < classes; ++c) {
        const double probability = std::exp(static_cast<double>(row[c]) - log_sum);
        g[n * classes + c] = static_cast<float>((probability - (c == label ? 1.0 : 0.0)) * scale);
      }
    }
  });
  return gradient;
}

}  // namespace

Value add_loss(Builder& builder, const Value& logits, bool gradient_wanted) {
  return builder.model.loss == Loss::l2 ? add_l2(builder, logits, gradient_wanted)
                                        : add_cross_entropy(builder, logits, gradient_wanted);
}

}  // namespace cnnbench::onednn
