#include "harness/model/layer.h"

namespace cnnbench {

std::string to_string(const Shape& shape) {
  return std::to_string(shape.channels) + "x" + std::to_string(shape.height) + "x" +
         std::to_string(shape.width);
}

std::string to_string(const Extent& extent) {
  const std::string height = std::to_string(extent.height);
  return extent.height == extent.width ? height : height + "x" + std::to_string(extent.width);
}

namespace {

struct KindName {
  std::string_view operator()(const Standardize&) const { return "standardize"; }
  std::string_view operator()(const Convolution&) const { return "conv"; }
  std::string_view operator()(const Pooling& pool) const {
    return pool.pool == PoolKind::max ? "max_pool" : "avg_pool";
  }
  std::string_view operator()(const Dense&) const { return "dense"; }
  std::string_view operator()(const ActivationLayer&) const { return "activation"; }
  std::string_view operator()(const Dropout&) const { return "dropout"; }
  std::string_view operator()(const Flatten&) const { return "flatten"; }
  std::string_view operator()(const Softmax&) const { return "softmax"; }
  std::string_view operator()(const LocalResponseNormalization&) const { return "lrn"; }
  std::string_view operator()(const BatchNormalization&) const { return "batch_norm"; }
};

}  // namespace

std::string_view kind_name(const LayerKind& kind) {
  return std::visit(KindName{}, kind);
}

std::string_view to_string(Activation activation) {
  switch (activation) {
    case Activation::none:
      return "none";
    case Activation::relu:
      return "relu";
    case Activation::tanh:
      return "tanh";
    case Activation::sigmoid:
      return "sigmoid";
  }
  return "";
}

Activation fused_activation(const LayerKind& kind) {
  if (const auto* convolution = std::get_if<Convolution>(&kind)) return convolution->activation;
  if (const auto* dense = std::get_if<Dense>(&kind)) return dense->activation;
  return Activation::none;
}

}  // namespace cnnbench
