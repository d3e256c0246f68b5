#pragma once

#include <string>
#include <vector>

#include "harness/measure/runner.h"

namespace cnnbench {

/// Bytes that one rank takes at the peak of an experiment, about: the program and its libraries, the programs
/// of its backends, and the largest of what preparing, verifying and the views take beside these. As double,
/// which no sum of these overflows.
double needed_bytes(const Experiment& experiment);

/// Sets each experiment's estimated_bytes. All ranks call it together, and the rank that has the least room
/// decides for all. Throws UserError, on every rank, with both figures and what would make it fit, where an
/// experiment needs more memory than a node's ranks can have. Where it is only its backends together that do,
/// they are to be measured one after the other, and a warning that says so is returned.
std::vector<std::string> check_memory(std::vector<Experiment>& experiments, Cluster& cluster);

}  // namespace cnnbench
