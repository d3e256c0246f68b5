#include "harness/cluster/cores.h"

#include <gtest/gtest.h>

namespace cnnbench {
namespace {

/// A machine described by hwloc's words ("package:2 core:4 pu:2"); hardware threads are numbered in order, so
/// that threads 0 and 1 are core 0.
class Machine {
 public:
  explicit Machine(const char* description) {
    hwloc_topology_init(&topology_);
    hwloc_topology_set_synthetic(topology_, description);
    hwloc_topology_set_flags(topology_, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
    hwloc_topology_load(topology_);
  }
  ~Machine() { hwloc_topology_destroy(topology_); }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// A cpuset of the container or batch system.
  void allow(const char* cpus) {
    hwloc_bitmap_t set = hwloc_bitmap_alloc();
    hwloc_bitmap_list_sscanf(set, cpus);
    hwloc_topology_allow(topology_, set, nullptr, HWLOC_ALLOW_FLAG_CUSTOM);
    hwloc_bitmap_free(set);
  }

  Cores find(const char* mask) const {
    hwloc_bitmap_t set = hwloc_bitmap_alloc();
    hwloc_bitmap_list_sscanf(set, mask);
    const Cores cores = find_cores(topology_, set);
    hwloc_bitmap_free(set);
    return cores;
  }

 private:
  hwloc_topology_t topology_ = nullptr;
};

TEST(Cores, CountTheHardwareThreadsOfACoreOnce) {
  const Machine machine("package:2 core:4 pu:2");
  EXPECT_EQ(machine.find("0-3").in_mask, (std::vector<int>{0, 1}));
  EXPECT_EQ(machine.find("0-15").in_mask.size(), 8u);
}

TEST(Cores, CountACoreOfWhichTheMaskHasOneHardwareThread) {
  const Machine machine("package:1 core:4 pu:2");
  EXPECT_EQ(machine.find("1,6").in_mask, (std::vector<int>{0, 3}));
}

TEST(Cores, KnowTheNodeWhateverTheMask) {
  const Machine machine("package:2 core:4 pu:2");
  const Cores cores = machine.find("0");
  EXPECT_EQ(cores.on_node, 8);
  EXPECT_EQ(cores.packages, 2);
}

TEST(Cores, OnlyCountWhatTheCpusetAllowsButKeepTheirNumbers) {
  Machine machine("package:2 core:4 pu:2");
  machine.allow("8-11");
  const Cores cores = machine.find("8-11");
  EXPECT_EQ(cores.in_mask, (std::vector<int>{4, 5}));
  EXPECT_EQ(cores.on_node, 2);
  EXPECT_EQ(cores.packages, 1);
}

}  // namespace
}  // namespace cnnbench
