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

/// One element computed in double precision, with two scales of the rounding errors that f32 arithmetic makes
/// on the way to it.
struct Evaluated {
  double value = 0;
  /// Sum of the absolute values of its terms: what errors of any order of summation are relative to (Higham
  /// 2002, "Accuracy and Stability of Numerical Algorithms", §3.1).
  double magnitude = 0;
  /// Sum of the squares of all intermediate results that f32 would round: every product and every partial
  /// sum. With u = 2^-24, each is off by at most u of itself, so that u·√rounded_squares is the scale of
  /// their random sum (Ipsen & Zhou 2020, "Probabilistic Error Analysis for Inner Products"). 0: exact.
  double rounded_squares = 0;
};

/// What tanh, exp or a power in f32 may be off by, counted in roundings of its result: 16 roundings are, as a
/// random sum, 4 units in the last place.
constexpr double function_roundings = 16;

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
  /// Throws std::invalid_argument for a tensor the layer does not have. Several threads may call it at a
  /// time.
  virtual void evaluate(const LayerData& data, Tensor tensor, std::span<const std::int64_t> elements,
                        std::span<Evaluated> values) const = 0;

  /// The loss of `logits` (batch × classes) and its gradient. l2: ½·Σ x², gradient x. cross_entropy: the mean
  /// over the batch of -log softmax(x)[label], gradient (softmax(x) - onehot(label)) / batch.
  virtual double loss(Loss loss, std::int64_t batch, std::span<const float> logits,
                      std::span<const std::int32_t> labels, std::span<float> gradient) const = 0;
};

}  // namespace cnnbench
