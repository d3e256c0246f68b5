#pragma once

#include "kernels/reference/elements.h"

namespace cnnbench::reference {

/// Applies the function to a sum. The magnitude stays that of the sum: no function here has a slope above 1,
/// so rounding errors do not grow; only a sigmoid of about 0 has a result that is larger than what it is of.
Evaluated activate(Activation function, const Evaluated& sum);

/// A short product, of which every intermediate result is at most the magnitude.
inline Evaluated multiplied_out(double value, double magnitude) {
  constexpr double roundings = 4;
  return {value, magnitude, roundings * magnitude * magnitude};
}

/// The gradient before the function, from the gradient after it and the function's result (its derivative is
/// a function of its result). The magnitude is that of the products multiplied out, as 1 - y² cancels near
/// |y| = 1.
inline Evaluated through_activation(Activation function, double gradient, double result) {
  switch (function) {
    case Activation::none:
      return {gradient, std::abs(gradient), 0};
    case Activation::relu: {
      const double passed = result > 0 ? gradient : 0;
      return {passed, std::abs(passed), 0};
    }
    case Activation::tanh:
      return multiplied_out(gradient * (1 - result * result), std::abs(gradient) * (1 + result * result));
    case Activation::sigmoid:
      return multiplied_out(gradient * result * (1 - result), std::abs(gradient) * result * (1 + result));
  }
  return {};
}

/// Gradient of what enters the activation fused into a layer: of the layer's own sums.
class SumGradient {
 public:
  explicit SumGradient(const LayerData& data)
      : function_(fused_activation(data.layer->kind)), gradient_(needed(data, Tensor::output_gradient)) {
    if (function_ != Activation::none) result_ = needed(data, Tensor::output);
  }

  Evaluated at(std::int64_t element) const {
    return through_activation(function_, gradient_[element], result_.empty() ? 0.0f : result_[element]);
  }

 private:
  Activation function_;
  std::span<const float> gradient_;
  std::span<const float> result_;
};

}  // namespace cnnbench::reference
