#include "harness/measure/record.h"

#include <array>

namespace cnnbench {

std::string_view to_string(View view) {
  constexpr std::array names = {"network", "layers", "isolated", "prefix"};
  return names.at(static_cast<std::size_t>(view));
}

std::string_view tensor_name(std::optional<Tensor> tensor) {
  constexpr std::array names = {"input",        "output",         "weights",         "bias",
                                "mask",         "input_gradient", "output_gradient", "weights_gradient",
                                "bias_gradient"};
  return tensor ? names.at(static_cast<std::size_t>(*tensor)) : "loss";
}

std::string_view to_string(Failure::Reason reason) {
  constexpr std::array names = {"unsupported", "verification", "error"};
  return names.at(static_cast<std::size_t>(reason));
}

std::string operation_name(const LibraryFault& fault) {
  const auto* const direction = std::get_if<Direction>(&fault.operation);
  return direction != nullptr ? std::string(to_string(*direction)) : std::get<std::string>(fault.operation);
}

std::string_view found_by(const LibraryFault& fault) {
  return std::holds_alternative<Direction>(fault.operation) ? "verification" : "set-up";
}

std::span<const Record> BackendReport::records(View view) const {
  const auto found = views.find(view);
  return found == views.end() ? std::span<const Record>() : found->second.records;
}

}  // namespace cnnbench
