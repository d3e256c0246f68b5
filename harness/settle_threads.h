#pragma once

#include "harness/cluster/cluster.h"
#include "harness/cluster/placement.h"

namespace cnnbench {

/// Opens a team of the planned threads on every rank at a time, and counts it: `placement.threads` are then
/// the threads that run, and the same on every rank. Throws UserError, on every rank, where `requested`
/// threads
/// (--threads; 0: not given) do not run on some rank; where fewer run than was planned otherwise, it adds a
/// warning. Collective.
void settle_threads(Cluster& cluster, Placement& placement, int requested);

}  // namespace cnnbench
