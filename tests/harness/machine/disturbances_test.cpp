#include "harness/machine/disturbances.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/harness/machine/fake_tree.h"

namespace cnnbench {
namespace {

TEST(Disturbances, AreUnknownWithoutAControlGroup) {
  const FakeTree tree;
  EXPECT_EQ(DisturbanceReader(tree.root()).read().throttled_seconds, std::nullopt);
}

TEST(Disturbances, OfVersion2AreTheLargestOfTheGroupAndItsParentsInMicroseconds) {
  FakeTree tree;
  tree.write("proc/self/cgroup", "0::/box/job\n");
  tree.write("proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw\n");
  tree.write("sys/fs/cgroup/box/cpu.stat", "usage_usec 9\nnr_throttled 4\nthrottled_usec 2500000\n");
  tree.write("sys/fs/cgroup/box/job/cpu.stat", "usage_usec 9\nnr_throttled 1\nthrottled_usec 30\n");
  EXPECT_EQ(DisturbanceReader(tree.root()).read().throttled_seconds, 2.5);
}

TEST(Disturbances, OfVersion1AreInNanoseconds) {
  FakeTree tree;
  tree.write("proc/self/cgroup", "4:cpu,cpuacct:/job\n");
  tree.write("proc/self/mountinfo",
             "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n");
  tree.write("sys/fs/cgroup/cpu,cpuacct/job/cpu.stat", "nr_throttled 1\nthrottled_time 1500000000\n");
  EXPECT_EQ(DisturbanceReader(tree.root()).read().throttled_seconds, 1.5);
}

TEST(Disturbances, CountTheContextSwitchesThatTheKernelCounts) {
  rusage before{};
  rusage after{};
  const DisturbanceReader reader;
  getrusage(RUSAGE_SELF, &before);
  const std::int64_t found = reader.read().involuntary_switches;
  getrusage(RUSAGE_SELF, &after);
  EXPECT_GE(found, before.ru_nivcsw);
  EXPECT_LE(found, after.ru_nivcsw);
}

}  // namespace
}  // namespace cnnbench
