#pragma once

#include <string>
#include <vector>

#include "harness/cluster/cluster.h"

namespace cnnbench {

/// Who left a rank only a part of the node's cores.
enum class Binder { nobody, mpirun, openmp, outside };

/// Where one rank may run.
struct RankPlace {
  int rank = 0;
  std::string host;
  std::vector<int> cores;    ///< logical numbers of the physical cores that its affinity mask touches, sorted
  int cores_on_node = 0;     ///< physical cores of the node that a process may be bound to
  int packages_on_node = 1;  ///< sockets that these are spread over: Open MPI 5 binds no rank across two
  double cpu_limit = 0;      ///< the cgroup's CPUs; 0: none
  int requested_threads = 0;  ///< --threads, else OMP_NUM_THREADS; 0: neither is given
  Binder binder = Binder::nobody;
  std::string
      openmp_binding;  ///< as openmp_binding(): how the OpenMP runtime binds threads; empty: it does not
};

struct Placement {
  std::vector<int> threads;  ///< a rank
  /// Each says what is wrong, what it does to the numbers, and the mpirun flags that mend it.
  std::vector<std::string> warnings;
  /// What the number of threads and their places come from, where that is not this program alone.
  std::vector<std::string> remarks;
};

/// Threads of every rank and what is wrong with their places. Where ranks of a node share cores, the default
/// is this rank's share of them; where they do not, all cores of its mask; never more than the cgroup allows
/// and never less than one. Warns where ranks overlap on a core, leave cores of a node idle, or run more
/// threads than they have cores.
Placement plan_placement(const std::vector<RankPlace>& places);

/// This rank's place (from the affinity mask, by hwloc). `cpu_limit` as in RankPlace. To be called after
/// leave_first_place().
RankPlace find_place(const Cluster& cluster, int requested_threads, double cpu_limit);

/// Gathers all places on rank 0, plans, and tells every rank the result. Where --threads is not given
/// (`requested_threads` is 0), OMP_NUM_THREADS counts in its place.
Placement place(Cluster& cluster, int requested_threads, double cpu_limit);

}  // namespace cnnbench
