#pragma once

#include <variant>

#include "kernels/reference/elements.h"

namespace cnnbench::reference {

/// The rule for one tensor (output, input_gradient, weights_gradient or bias_gradient) of one kind of layer;
/// see Oracle for what `data` has to hold. Throw std::invalid_argument for a tensor that the layer does not
/// have, or where `data` lacks something.
ElementRule element_rule(const Standardize& standardize, const LayerData& data, Tensor tensor);
ElementRule element_rule(const Convolution& convolution, const LayerData& data, Tensor tensor);
ElementRule element_rule(const Pooling& pooling, const LayerData& data, Tensor tensor);
ElementRule element_rule(const Dense& dense, const LayerData& data, Tensor tensor);
ElementRule element_rule(const ActivationLayer& activation, const LayerData& data, Tensor tensor);
ElementRule element_rule(const Dropout& dropout, const LayerData& data, Tensor tensor);
ElementRule element_rule(const Flatten& flatten, const LayerData& data, Tensor tensor);
ElementRule element_rule(const Softmax& softmax, const LayerData& data, Tensor tensor);
ElementRule element_rule(const LocalResponseNormalization& lrn, const LayerData& data, Tensor tensor);
ElementRule element_rule(const BatchNormalization& norm, const LayerData& data, Tensor tensor);

inline ElementRule element_rule(const LayerData& data, Tensor tensor) {
  return std::visit([&](const auto& kind) { return element_rule(kind, data, tensor); }, data.layer->kind);
}

/// See Oracle::loss; an empty `gradient` is not written.
double evaluate_loss(Loss loss, std::int64_t batch, std::span<const float> logits,
                     std::span<const std::int32_t> labels, std::span<float> gradient);

}  // namespace cnnbench::reference
