#pragma once

#include <vector>

#include "harness/config/config.h"
#include "harness/options.h"

namespace cnnbench {

/// --describe: every network of the configs on stdout, in the format that is asked for. Throws as batch_of().
void describe(const std::vector<Config>& configs, const Options& options, int ranks);

}  // namespace cnnbench
