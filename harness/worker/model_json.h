#pragma once

#include <nlohmann/json.hpp>

#include "harness/model/model.h"

namespace cnnbench {

/// All that a network is built from.
nlohmann::json model_to_json(const Model& model);

/// The same network built again. Throws nlohmann::json::exception, std::out_of_range or ModelError for what
/// no network gives.
Model model_from_json(const nlohmann::json& json);

}  // namespace cnnbench
