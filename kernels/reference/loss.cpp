#include <algorithm>

#include "kernels/reference/layers.h"

namespace cnnbench::reference {
namespace {

double l2(std::span<const float> logits, std::span<float> gradient) {
  double sum = 0;
  for (const float x : logits) sum += double{x} * x;
  if (!gradient.empty()) std::copy(logits.begin(), logits.end(), gradient.begin());
  return sum / 2;
}

double cross_entropy(std::int64_t batch, std::span<const float> logits, std::span<const std::int32_t> labels,
                     std::span<float> gradient) {
  const auto samples = static_cast<std::size_t>(batch);
  const std::size_t classes = logits.size() / samples;
  double loss = 0;
  for (std::size_t n = 0; n < samples; ++n) {
    const std::span<const float> x = logits.subspan(n * classes, classes);
    const auto label = static_cast<std::size_t>(labels[n]);
    if (label >= classes) throw std::invalid_argument("a label that is not one of the classes");
    const double maximum = *std::max_element(x.begin(), x.end());
    double sum = 0;
    for (const float value : x) sum += std::exp(value - maximum);
    loss += std::log(sum) + maximum - x[label];
    if (gradient.empty()) continue;
    for (std::size_t c = 0; c < classes; ++c) {
      const double probability = std::exp(x[c] - maximum) / sum;
      gradient[n * classes + c] =
          static_cast<float>((probability - (c == label ? 1.0 : 0.0)) / static_cast<double>(batch));
    }
  }
  return loss / static_cast<double>(batch);
}

}  // namespace

double evaluate_loss(Loss loss, std::int64_t batch, std::span<const float> logits,
                     std::span<const std::int32_t> labels, std::span<float> gradient) {
  if (batch < 1 || logits.size() % static_cast<std::size_t>(batch) != 0)
    throw std::invalid_argument("logits that are not the same number for every sample");
  if (!gradient.empty() && gradient.size() != logits.size())
    throw std::invalid_argument("a gradient of another size than the logits");
  if (loss == Loss::l2) return l2(logits, gradient);
  if (labels.size() != static_cast<std::size_t>(batch))
    throw std::invalid_argument("labels that are not one for every sample");
  return cross_entropy(batch, logits, labels, gradient);
}

}  // namespace cnnbench::reference
