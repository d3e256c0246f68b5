#pragma once

#include <hwloc.h>

#include <vector>

namespace cnnbench {

/// Cores and packages as a process sees them.
struct Cores {
  std::vector<int> in_mask;  ///< logical numbers of the cores that the mask touches, sorted
  int on_node = 0;           ///< cores that a process may be bound to
  int packages = 1;          ///< packages that these belong to
};

/// The physical cores of which at least one hardware thread is in `mask`: two hardware threads of one core
/// are one core. Cores are numbered over the whole machine, so that ranks with different cpusets can be
/// compared; only those that the cpuset allows count in `on_node`. Empty `in_mask` where hwloc does not know
/// the cores.
Cores find_cores(hwloc_topology_t topology, hwloc_const_bitmap_t mask);

}  // namespace cnnbench
