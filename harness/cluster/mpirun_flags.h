#pragma once

#include <string>
#include <vector>

#include "harness/cluster/cluster_node.h"

namespace cnnbench {

/// An mpirun command that gives every rank cores of its own.
struct PinnedStart {
  int ranks_per_node = 0;
  int cores_per_rank = 0;  ///< 0: there are more ranks than cores, so that none exists
  std::string command;     ///< "mpirun -n 4 --map-by ppr:2:node:pe=4"; empty where none exists
};

/// The command that starts as many ranks on as many nodes, each with its equal share of the cores, or with
/// `threads` cores where that is not 0. Its flags mean the same to Open MPI 4.1 and 5.0:
///   - `ppr:R:node:pe=C` puts R ranks on every node and binds each to C cores. `slot:pe=C` fails in 4.1 as
///   soon as
///     there is a second node.
///   - 5.0 refuses to bind a rank to cores of two packages, so no share spans them; only one rank a node may
///   have the
///     whole of it, by `--bind-to none`.
PinnedStart pinned_start(const std::vector<ClusterNode>& nodes, int threads);

}  // namespace cnnbench
