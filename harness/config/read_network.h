#pragma once

#include "harness/config/config.h"
#include "harness/config/value.h"

namespace cnnbench {

/// Reads a network file's top level. Throws ConfigError.
NetworkConfig read_network(const Value& root);

/// Reads `run:` into `run`; what it does not give stays as it is. Throws ConfigError.
void read_run(const Value& value, RunSettings& run);

/// Reads `optimizer:`. Throws ConfigError.
Optimizer read_optimizer(const Value& value);

}  // namespace cnnbench
