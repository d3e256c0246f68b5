#include <algorithm>
#include <cmath>

#include "harness/backend/initial_values.h"
#include "kernels/gemm/builder.h"

namespace cnnbench::gemm {
namespace {

/// ½·Σ x²; its gradient is x.
Value add_l2(Builder& builder, const Value& logits, bool gradient_wanted) {
  builder.add(Direction::forward, "half_sum_of_squares", [&builder, logits] {
    const float* const x = builder.data(logits);
    double sum = 0;
#pragma omp parallel for simd schedule(static) reduction(+ : sum)
    for (std::int64_t i = 0; i < logits.elements; ++i)
      sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
    builder.loss = 0.5 * sum;
  });
  if (!gradient_wanted) return {};
  const Value gradient = builder.make_gradient(logits.elements);
  builder.add(Direction::backward_data, "copy", [&builder, logits, gradient] {
    const float* const x = builder.data(logits);
    float* const g = builder.data(gradient);
#pragma omp parallel for simd schedule(static)
    for (std::int64_t i = 0; i < logits.elements; ++i) g[i] = x[i];
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
Value add_cross_entropy(Builder& builder, const Value& logits, bool gradient_wanted) {
  const std::int64_t batch = builder.options.batch;
  const std::int64_t classes = logits.elements / batch;
  const auto labels = std::make_shared<const std::vector<std::int32_t>>(
      initial_labels(builder.model, batch, builder.options.seed));
  const auto label_of = [labels](std::int64_t n) { return (*labels)[static_cast<std::size_t>(n)]; };
  builder.add(Direction::forward, "log_softmax", [&builder, logits, label_of, batch, classes] {
    const float* const x = builder.data(logits);
    double sum = 0;
#pragma omp parallel for schedule(static) reduction(+ : sum)
    for (std::int64_t n = 0; n < batch; ++n) {
      const float* const row = x + n * classes;
      sum += log_sum_exp(row, classes) - static_cast<double>(row[label_of(n)]);
    }
    builder.loss = sum / static_cast<double>(batch);
  });
  if (!gradient_wanted) return {};
  const Value gradient = builder.make_gradient(logits.elements);
  builder.add(Direction::backward_data, "softmax_minus_onehot",
              [&builder, logits, gradient, label_of, batch, classes] {
                const float* const x = builder.data(logits);
                float* const g = builder.data(gradient);
                const double scale = 1.0 / static_cast<double>(batch);
#pragma omp parallel for schedule(static)
                for (std::int64_t n = 0; n < batch; ++n) {
                  const float* const row = x + n * classes;
                  const double log_sum = log_sum_exp(row, classes);
                  for (std::int64_t c = 0; c < classes; ++c) {
                    const double probability = std::exp(static_cast<double>(row[c]) - log_sum);
                    const double expected = c == label_of(n) ? 1.0 : 0.0;
                    g[n * classes + c] = static_cast<float>((probability - expected) * scale);
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

}  // namespace cnnbench::gemm
