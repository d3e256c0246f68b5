#include "harness/measure/pass_report.h"

namespace cnnbench {

std::string_view to_string(View view) {
  switch (view) {
    case View::network:
      return "network";
    case View::layers:
      return "layers";
    case View::isolated:
      return "isolated";
    case View::prefix:
      return "prefix";
  }
  return "";
}

std::string_view tensor_name(std::optional<Tensor> tensor) {
  if (!tensor) return "loss";
  switch (*tensor) {
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

std::string_view to_string(Failure::Reason reason) {
  switch (reason) {
    case Failure::Reason::unsupported:
      return "unsupported";
    case Failure::Reason::verification:
      return "verification";
    case Failure::Reason::error:
      return "error";
  }
  return "";
}

std::string operation_name(const LibraryFault& fault) {
  if (const auto* direction = std::get_if<Direction>(&fault.operation))
    return std::string(to_string(*direction));
  return std::get<std::string>(fault.operation);
}

std::string_view found_by(const LibraryFault& fault) {
  return std::holds_alternative<Direction>(fault.operation) ? "verification" : "set-up";
}

std::span<const Record> BackendReport::records(View view) const {
  const auto found = views.find(view);
  return found == views.end() ? std::span<const Record>() : found->second.records;
}

}  // namespace cnnbench
