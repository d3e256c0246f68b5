#include "kernels/common/loss.h"

#include <algorithm>
#include <cmath>

#include "harness/backend/initial_values.h"

namespace cnnbench::common {
namespace {

/// log Σ exp(x) of one row, safe against overflow by taking the maximum out.
double log_sum_exp(const float* row, std::int64_t classes) {
  const float largest = *std::max_element(row, row + classes);
  double sum = 0;
  for (std::int64_t c = 0; c < classes; ++c) sum += std::exp(static_cast<double>(row[c] - largest));
  return static_cast<double>(largest) + std::log(sum);
}

double half_sum_of_squares(const float* x, std::int64_t count) {
  double sum = 0;
#pragma omp parallel for simd schedule(static) reduction(+ : sum)
  for (std::int64_t i = 0; i < count; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return 0.5 * sum;
}

}  // namespace

LossFunction::LossFunction(const Model& model, const PrepareOptions& options) {
  if (model.loss == Loss::cross_entropy) labels_ = initial_labels(model, options.batch, options.seed);
}

const char* LossFunction::name() const {
  return any_order() ? "half_sum_of_squares" : "log_softmax";
}

const char* LossFunction::gradient_name() const {
  return any_order() ? "copy" : "softmax_minus_onehot";
}

double LossFunction::value(const float* logits, std::int64_t elements) const {
  if (any_order()) return half_sum_of_squares(logits, elements);
  const auto batch = static_cast<std::int64_t>(labels_.size());
  const std::int64_t classes = elements / batch;
  double sum = 0;
#pragma omp parallel for schedule(static) reduction(+ : sum)
  for (std::int64_t n = 0; n < batch; ++n) {
    const float* const row = logits + n * classes;
    sum += log_sum_exp(row, classes) - static_cast<double>(row[labels_[static_cast<std::size_t>(n)]]);
  }
  return sum / static_cast<double>(batch);
}

void LossFunction::gradient(const float* logits, std::int64_t elements, float* result) const {
  if (any_order()) {
#pragma omp parallel for simd schedule(static)
    for (std::int64_t i = 0; i < elements; ++i) result[i] = logits[i];
    return;
  }
  const auto batch = static_cast<std::int64_t>(labels_.size());
  const std::int64_t classes = elements / batch;
  const double scale = 1.0 / static_cast<double>(batch);
#pragma omp parallel for schedule(static)
  for (std::int64_t n = 0; n < batch; ++n) {
    const float* const row = logits + n * classes;
    const double log_sum = log_sum_exp(row, classes);
    const std::int32_t label = labels_[static_cast<std::size_t>(n)];
    for (std::int64_t c = 0; c < classes; ++c) {
      const double probability = std::exp(static_cast<double>(row[c]) - log_sum);
      result[n * classes + c] = static_cast<float>((probability - (c == label ? 1.0 : 0.0)) * scale);
    }
  }
}

}  // namespace cnnbench::common
