#include "harness/measure/record.h"

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
  return tensor ? to_string(*tensor) : "loss";
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
