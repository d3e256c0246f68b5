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

}  // namespace cnnbench
