#pragma once

#include <string>
#include <vector>

#include "harness/cluster/cluster.h"
#include "harness/measure/record.h"

namespace cnnbench {

/// The choices in a result.json, or in a JSON file of the form {"choices": [{"backend", "key", "chosen"},
/// …]}, as rank 0 sees it. Collective. None where `file` is empty. Throws UserError, on every rank, with the
/// place of what is wrong.
std::vector<Choice> shared_choices(Cluster& cluster, const std::string& file);

}  // namespace cnnbench
