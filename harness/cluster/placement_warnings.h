#pragma once

#include <string>
#include <vector>

#include "harness/cluster/cluster_node.h"

namespace cnnbench {

/// What is wrong with the places of the ranks, their threads being planned: ranks that share cores, more
/// threads than cores, idle cores, a cgroup limit. Each kind is said once, for the first place that has it,
/// with the ranks of the others.
std::vector<std::string> placement_warnings(const std::vector<ClusterNode>& nodes);

}  // namespace cnnbench
