#include <sched.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <type_traits>

#include "harness/cluster/cores.h"
#include "harness/cluster/openmp_binding.h"
#include "harness/cluster/placement.h"

namespace cnnbench {
namespace {

using Topology = std::unique_ptr<std::remove_pointer_t<hwloc_topology_t>, decltype(&hwloc_topology_destroy)>;
using Bitmap = std::unique_ptr<hwloc_bitmap_s, decltype(&hwloc_bitmap_free)>;

/// What hwloc knows of this machine; empty where that is nothing.
Cores cores_by_hwloc() {
  hwloc_topology_t raw = nullptr;
  if (hwloc_topology_init(&raw) != 0) return {};
  const Topology topology(raw, hwloc_topology_destroy);
  const Bitmap mask(hwloc_bitmap_alloc(), hwloc_bitmap_free);
  // With the disallowed cores a core has the same number on every rank of a node, whatever its cpuset.
  hwloc_topology_set_flags(raw, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
  if (hwloc_topology_load(raw) != 0) return {};
  // Of the calling thread: threads that it starts later inherit this mask.
  if (hwloc_get_cpubind(raw, mask.get(), HWLOC_CPUBIND_THREAD) != 0) return {};
  return find_cores(raw, mask.get());
}

/// The kernel's mask, each logical CPU counted as a core: where hwloc cannot read the topology.
Cores cores_by_kernel() {
  Cores cores;
  cores.on_node = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (sched_getaffinity(0, sizeof mask, &mask) != 0) return cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &mask)) cores.in_mask.push_back(cpu);
  }
  return cores;
}

/// The line of /proc/ID/status that tells the mask; empty where it cannot be read.
std::string mask_of(const std::string& process) {
  std::ifstream status("/proc/" + process + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("Cpus_allowed_list:")) return line;
  return "";
}

/// Who left this process only some of the node's cores. mpirun binds between starting a process and its
/// program: its own mask, which is the parent's of this one, is then another.
Binder find_binder(const RankPlace& place) {
  if (static_cast<int>(place.cores.size()) >= place.cores_on_node) return Binder::nobody;
  if (openmp_names_cores()) return Binder::openmp;
  const bool by_mpirun = std::getenv("OMPI_COMM_WORLD_SIZE") != nullptr;
  if (by_mpirun && mask_of("self") != mask_of(std::to_string(getppid()))) return Binder::mpirun;
  return Binder::outside;
}

}  // namespace

std::string host_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

RankPlace find_place(const Cluster& cluster, int requested_threads, double cpu_limit) {
  Cores cores = cores_by_hwloc();
  if (cores.in_mask.empty()) cores = cores_by_kernel();
  RankPlace place;
  place.rank = cluster.rank();
  place.host = host_name();
  place.cores = std::move(cores.in_mask);
  place.cores_on_node = cores.on_node;
  place.packages_on_node = cores.packages;
  place.cpu_limit = cpu_limit;
  place.requested_threads = requested_threads;
  place.binder = find_binder(place);
  place.openmp_binding = openmp_binding();
  return place;
}

}  // namespace cnnbench
