#include "kernels/reference/activation.h"
#include "kernels/reference/layers.h"

namespace cnnbench::reference {
namespace {

ElementRule output_rule(const Dense& dense, const LayerData& data) {
  const std::int64_t units = dense.units;
  const std::int64_t inputs = data.layer->input.size();
  const Activation function = dense.activation;
  const auto input = needed(data, Tensor::input);
  const auto weights = needed(data, Tensor::weights);
  const auto bias = needed(data, Tensor::bias);
  return [=](std::int64_t element) {
    const std::int64_t n = element / units;
    const std::int64_t o = element % units;
    Evaluated sum;
    if (!bias.empty()) add(sum, bias[o]);
    for (std::int64_t i = 0; i < inputs; ++i)
      add(sum, double{weights[o * inputs + i]} * input[n * inputs + i]);
    return activate(function, sum);
  };
}

ElementRule input_gradient_rule(const Dense& dense, const LayerData& data) {
  const std::int64_t units = dense.units;
  const std::int64_t inputs = data.layer->input.size();
  const SumGradient gradient(data);
  const auto weights = needed(data, Tensor::weights);
  return [=](std::int64_t element) {
    const std::int64_t n = element / inputs;
    const std::int64_t i = element % inputs;
    Evaluated sum;
    for (std::int64_t o = 0; o < units; ++o) add(sum, weights[o * inputs + i], gradient.at(n * units + o));
    return sum;
  };
}

ElementRule weights_gradient_rule(const Dense& dense, const LayerData& data) {
  const std::int64_t units = dense.units;
  const std::int64_t inputs = data.layer->input.size();
  const std::int64_t batch = data.batch;
  const SumGradient gradient(data);
  const auto input = needed(data, Tensor::input);
  return [=](std::int64_t element) {
    const std::int64_t o = element / inputs;
    const std::int64_t i = element % inputs;
    Evaluated sum;
    for (std::int64_t n = 0; n < batch; ++n) add(sum, input[n * inputs + i], gradient.at(n * units + o));
    return sum;
  };
}

ElementRule bias_gradient_rule(const Dense& dense, const LayerData& data) {
  const std::int64_t units = dense.units;
  const std::int64_t batch = data.batch;
  const SumGradient gradient(data);
  return [=](std::int64_t o) {
    Evaluated sum;
    for (std::int64_t n = 0; n < batch; ++n) add(sum, 1.0, gradient.at(n * units + o));
    return sum;
  };
}

}  // namespace

ElementRule element_rule(const Dense& dense, const LayerData& data, Tensor tensor) {
  if (tensor == Tensor::output) return output_rule(dense, data);
  if (tensor == Tensor::input_gradient) return input_gradient_rule(dense, data);
  if (tensor == Tensor::weights_gradient) return weights_gradient_rule(dense, data);
  if (tensor == Tensor::bias_gradient && dense.bias) return bias_gradient_rule(dense, data);
  no_such_tensor(data.layer->name);
}

}  // namespace cnnbench::reference
