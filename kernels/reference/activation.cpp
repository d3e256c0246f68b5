#include "kernels/reference/activation.h"

#include <algorithm>

#include "kernels/reference/layers.h"

namespace cnnbench::reference {
namespace {

double apply(Activation function, double x) {
  switch (function) {
    case Activation::none:
      return x;
    case Activation::relu:
      return std::max(x, 0.0);
    case Activation::tanh:
      return std::tanh(x);
    case Activation::sigmoid:
      return 1 / (1 + std::exp(-x));
  }
  return x;
}

}  // namespace

Evaluated activate(Activation function, const Evaluated& sum) {
  const double result = apply(function, sum.value);
  Evaluated activated{result, std::max(sum.magnitude, std::abs(result)), sum.rounded_squares};
  if (function == Activation::tanh) activated.rounded_squares += function_roundings * result * result;
  // exp(-x) is off by the rounding of x, too.
  if (function == Activation::sigmoid)
    activated.rounded_squares += (function_roundings + sum.value * sum.value) * result * result;
  return activated;
}

ElementRule element_rule(const ActivationLayer& activation, const LayerData& data, Tensor tensor) {
  const Activation function = activation.function;
  if (tensor == Tensor::output) {
    const auto input = needed(data, Tensor::input);
    return [=](std::int64_t element) {
      const double x = input[element];
      return activate(function, {x, std::abs(x), 0});
    };
  }
  if (tensor != Tensor::input_gradient) no_such_tensor(data.layer->name);
  const auto gradient = needed(data, Tensor::output_gradient);
  const auto output = needed(data, Tensor::output);
  return
      [=](std::int64_t element) { return through_activation(function, gradient[element], output[element]); };
}

ElementRule element_rule(const Dropout&, const LayerData& data, Tensor tensor) {
  // The same product both ways: of the input, or of the output's gradient.
  if (tensor != Tensor::output && tensor != Tensor::input_gradient) no_such_tensor(data.layer->name);
  const auto source = needed(data, tensor == Tensor::output ? Tensor::input : Tensor::output_gradient);
  const auto mask = data.training ? needed(data, Tensor::mask) : std::span<const float>();
  return [=](std::int64_t element) {
    Evaluated product;
    add(product, double{source[element]} * (mask.empty() ? 1.0 : mask[element]));
    return product;
  };
}

ElementRule element_rule(const Standardize& standardize, const LayerData& data, Tensor tensor) {
  const Standardize s = standardize;
  if (tensor == Tensor::output) {
    const auto input = needed(data, Tensor::input);
    return [=](std::int64_t element) {
      Evaluated result;
      add(result, input[element] / s.sd);
      add(result, -s.mean / s.sd);
      return result;
    };
  }
  if (tensor != Tensor::input_gradient) no_such_tensor(data.layer->name);
  const auto gradient = needed(data, Tensor::output_gradient);
  return [=](std::int64_t element) {
    Evaluated result;
    add(result, gradient[element] / s.sd);
    return result;
  };
}

ElementRule element_rule(const Flatten&, const LayerData& data, Tensor tensor) {
  // NCHW order is that of the flattened vector already.
  if (tensor != Tensor::output && tensor != Tensor::input_gradient) no_such_tensor(data.layer->name);
  const auto source = needed(data, tensor == Tensor::output ? Tensor::input : Tensor::output_gradient);
  return [=](std::int64_t element) {
    const double value = source[element];
    return Evaluated{value, std::abs(value), 0};
  };
}

}  // namespace cnnbench::reference
