#include "harness/cluster/cores.h"

#include <algorithm>

namespace cnnbench {

Cores find_cores(hwloc_topology_t topology, hwloc_const_bitmap_t mask) {
  const hwloc_const_bitmap_t allowed = hwloc_topology_get_allowed_cpuset(topology);
  Cores cores;
  hwloc_obj_t core = nullptr;
  while ((core = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_CORE, core)) != nullptr) {
    if (hwloc_bitmap_intersects(core->cpuset, allowed)) ++cores.on_node;
    if (hwloc_bitmap_intersects(core->cpuset, mask))
      cores.in_mask.push_back(static_cast<int>(core->logical_index));
  }
  int packages = 0;
  hwloc_obj_t package = nullptr;
  while ((package = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_PACKAGE, package)) != nullptr) {
    if (hwloc_bitmap_intersects(package->cpuset, allowed)) ++packages;
  }
  cores.packages = std::max(packages, 1);
  return cores;
}

}  // namespace cnnbench
