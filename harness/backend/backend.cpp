#include "harness/backend/backend.h"

namespace cnnbench {

std::string_view to_string(Pass pass) {
  switch (pass) {
    case Pass::forward:
      return "forward";
    case Pass::forward_backward:
      return "forward-backward";
    case Pass::train:
      return "train";
  }
  return "";
}

std::string_view to_string(Tensor tensor) {
  switch (tensor) {
    case Tensor::input:
      return "input";
    case Tensor::output:
      return "output";
    case Tensor::weights:
      return "weights";
    case Tensor::bias:
      return "bias";
    case Tensor::mask:
      return "mask";
    case Tensor::input_gradient:
      return "input_gradient";
    case Tensor::output_gradient:
      return "output_gradient";
    case Tensor::weights_gradient:
      return "weights_gradient";
    case Tensor::bias_gradient:
      return "bias_gradient";
  }
  return "";
}

}  // namespace cnnbench
