#pragma once

#include <nlohmann/json.hpp>
#include <optional>

namespace cnnbench {

/// Unknown is null.
template <typename T>
nlohmann::ordered_json nullable(const std::optional<T>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
}

}  // namespace cnnbench
