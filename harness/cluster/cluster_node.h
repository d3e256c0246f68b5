#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "harness/cluster/placement.h"

namespace cnnbench {

/// The ranks of one host, in the order of their ranks.
struct ClusterNode {
  std::string host;
  std::vector<RankPlace> places;
  std::vector<int> threads;  ///< a place, once planned

  int ranks() const { return static_cast<int>(places.size()); }

  /// Cores of the node that any of its ranks may use: what is asked of hwloc can differ where each rank has
  /// its own cpuset.
  int cores() const;
  int packages() const;

  /// The smallest limit of its ranks' cgroup, in CPUs; 0: none. The ranks of a node are taken to share one
  /// cgroup.
  double cpu_limit() const;

  /// Cores that can be busy at once: cores(), or fewer where the cgroup grants fewer. Never less than one.
  int usable_cores() const;

  /// All cores that some rank may run on.
  std::vector<int> cores_in_masks() const;
};

/// Nodes in the order of their lowest rank.
std::vector<ClusterNode> group_by_host(const std::vector<RankPlace>& places);

/// Indices into node.places of ranks whose masks overlap, directly or through others; a rank that shares no
/// core is a group of its own.
std::vector<std::vector<std::size_t>> groups_sharing_cores(const ClusterNode& node);

}  // namespace cnnbench
