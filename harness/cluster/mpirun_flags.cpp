#include "harness/cluster/mpirun_flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <climits>

namespace cnnbench {
namespace {

/// The largest share that `ranks` ranks can each have of this node.
int share_of(const ClusterNode& node, int ranks) {
  if (ranks == 1) return node.usable_cores();
  const int ranks_per_package = (ranks + node.packages() - 1) / node.packages();
  return std::min(node.cores() / node.packages() / ranks_per_package, node.usable_cores() / ranks);
}

}  // namespace

PinnedStart pinned_start(const std::vector<ClusterNode>& nodes, int threads) {
  PinnedStart start;
  int total = 0;
  for (const ClusterNode& node : nodes) {
    total += node.ranks();
    start.ranks_per_node = std::max(start.ranks_per_node, node.ranks());
  }
  int share = INT_MAX;
  int package = INT_MAX;  // the fewest cores of a package
  for (const ClusterNode& node : nodes) {
    share = std::min(share, share_of(node, start.ranks_per_node));
    package = std::min(package, node.cores() / node.packages());
  }
  const int cores = threads > 0 ? threads : share;
  if (nodes.empty() || cores == 0 || cores > share) return start;
  start.cores_per_rank = cores;
  const bool whole_node = start.ranks_per_node == 1 && (cores == share || cores > package);
  if (whole_node) {
    start.command =
        fmt::format("mpirun -n {}{} --bind-to none", total, nodes.size() > 1 ? " --map-by ppr:1:node" : "");
  } else {
    start.command =
        fmt::format("mpirun -n {} --map-by ppr:{}:node:pe={}", total, start.ranks_per_node, cores);
  }
  return start;
}

}  // namespace cnnbench
