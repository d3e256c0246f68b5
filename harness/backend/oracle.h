#pragma once

#include <cstdint>
#include <span>

#include "harness/backend/backend.h"

namespace cnnbench {

/// The plain tensors of one layer over a batch, as some backend produced them. Only those that the asked-for
/// tensor depends on need be given.
struct LayerData {
  const ModelLayer* layer = nullptr;
  std::int64_t batch = 0;
  bool training = false;
  std::span<const float> input;    ///< NCHW
  std::span<const float> output;   ///< NCHW, after the fused activation
  std::span<const float> weights;  ///< OIHW, [out, in], or scales
  std::span<const float> bias;
  std::span<const float> mask;             ///< dropout in training
  std::span<const float> output_gradient;  ///< NCHW
};

/// One element computed in double precision, with the sum of the absolute values of its terms: the scale that
/// rounding errors of any order of summation grow with (Higham 2002, "Accuracy and Stability of Numerical
/// Algorithms", §3.1).
struct Evaluated {
  double value = 0;
  double magnitude = 0;
};

/// The truth that backends are compared with, an element at a time, so that a layer too large to compute
/// whole can be checked on a sample.
class Oracle {
 public:
  virtual ~Oracle() = default;

  /// Computes the elements (indices into the plain tensor) of `tensor`, one of output, input_gradient,
  /// weights_gradient and bias_gradient. Needs, for
  ///   output            input, weights, bias, mask (dropout in training)
  ///   input_gradient    output_gradient, weights, mask; output for fused activations, activations and
  ///   softmax;
  ///                     input for max pooling, LRN and batch normalisation
  ///   *_gradient        output_gradient, input; output for fused activations
  /// Throws std::invalid_argument for a tensor the layer does not have.
  virtual void evaluate(const LayerData& data, Tensor tensor, std::span<const std::int64_t> elements,
                        std::span<Evaluated> values) const = 0;

  /// The loss of `logits` (batch × classes) and its gradient. l2: ½·Σ x², gradient x. cross_entropy: the mean
  /// over the batch of -log softmax(x)[label], gradient (softmax(x) - onehot(label)) / batch.
  virtual double loss(Loss loss, std::int64_t batch, std::span<const float> logits,
                      std::span<const std::int32_t> labels, std::span<float> gradient) const = 0;
};

}  // namespace cnnbench
