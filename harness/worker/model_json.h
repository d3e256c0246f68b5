#pragma once

#include <nlohmann/json.hpp>

#include "harness/model/model.h"

namespace cnnbench {

/// All that a network is built from, and the same network built again.
nlohmann::json model_to_json(const Model& model);
Model model_from_json(const nlohmann::json& json);

}  // namespace cnnbench
