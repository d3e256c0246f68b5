#include "harness/cluster/placement.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>

#include "harness/cluster/cluster_node.h"
#include "harness/cluster/placement_warnings.h"

namespace cnnbench {
namespace {

/// Threads that each rank of a node runs where --threads does not say so: its cores, a core shared by k ranks
/// counting as 1/k, and its share of the cgroup's limit.
std::vector<int> plan_threads(const ClusterNode& node) {
  std::map<int, int> ranks_on_core;
  for (const RankPlace& place : node.places) {
    for (int core : place.cores) ++ranks_on_core[core];
  }
  std::vector<int> threads;
  for (const RankPlace& place : node.places) {
    double share = 0;
    for (int core : place.cores) share += 1.0 / ranks_on_core[core];
    if (place.cores.empty()) share = static_cast<double>(node.cores()) / node.ranks();
    if (node.cpu_limit() > 0) share = std::min(share, node.cpu_limit() / node.ranks());
    const int cores = static_cast<int>(share + 1e-9);  // six thirds sum to a little less than 2
    threads.push_back(place.requested_threads > 0 ? place.requested_threads : std::max(cores, 1));
  }
  return threads;
}

}  // namespace

Placement plan_placement(const std::vector<RankPlace>& places) {
  std::vector<ClusterNode> nodes = group_by_host(places);
  std::map<int, int> threads_of_rank;
  for (ClusterNode& node : nodes) {
    node.threads = plan_threads(node);
    for (std::size_t i = 0; i < node.places.size(); ++i)
      threads_of_rank[node.places[i].rank] = node.threads[i];
  }
  Placement placement;
  for (const auto& [rank, threads] : threads_of_rank) placement.threads.push_back(threads);
  placement.warnings = placement_warnings(nodes);
  return placement;
}

}  // namespace cnnbench
