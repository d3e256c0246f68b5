#pragma once

#include <cstdint>
#include <vector>

#include "harness/backend/backend.h"

namespace cnnbench::common {

/// The loss of a network and its gradient over arrays of logits (batch × classes), by OpenMP. l2: ½·Σ x²,
/// gradient x. cross_entropy: the mean over the batch of -log softmax(x)[label], gradient
/// (softmax(x) - onehot(label)) / batch.
class LossFunction {
 public:
  LossFunction(const Model& model, const PrepareOptions& options);

  /// What Operation::implementation calls the two.
  const char* name() const;
  const char* gradient_name() const;

  /// Whether logits may lie in any order (l2), with zeros between them.
  bool any_order() const { return labels_.empty(); }

  double value(const float* logits, std::int64_t elements) const;
  void gradient(const float* logits, std::int64_t elements, float* result) const;

 private:
  std::vector<std::int32_t> labels_;  ///< one a sample; none for l2
};

}  // namespace cnnbench::common
