#include "harness/machine/cgroup.h"

#include <gtest/gtest.h>

#include "harness/machine/memory_facts.h"
#include "tests/harness/machine/fake_tree.h"

namespace cnnbench {
namespace {

constexpr std::int64_t kGiB = std::int64_t{1} << 30;

/// Version 2, this process in the given group; `mounted` is the group that is mounted, as in a container.
void use_v2(FakeTree& tree, const std::string& group, const std::string& mounted = "/") {
  tree.write("proc/self/cgroup", "0::" + group + "\n");
  tree.write("proc/self/mountinfo",
             "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
             "30 23 0:26 " +
                 mounted + " /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n");
}

/// Version 1, the controllers mounted as Debian does; and version 2 beside it without controllers, as systemd
/// does.
void use_v1(FakeTree& tree, const std::string& group, const std::string& mounted = "/") {
  tree.write("proc/self/cgroup",
             "9:memory:" + group + "\n4:cpu,cpuacct:" + group + "\n2:cpuset:/\n0::/init.scope\n");
  tree.write("proc/self/mountinfo", "32 31 0:29 " + mounted +
                                        " /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
                                        "35 31 0:32 " +
                                        mounted +
                                        " /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
                                        "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
}

TEST(Cgroup, WithoutFilesLimitsNothing) {
  const FakeTree tree;
  const CgroupLimits limits = read_cgroup_limits(tree.root());
  EXPECT_EQ(limits.cpus, std::nullopt);
  EXPECT_EQ(limits.memory_bytes, std::nullopt);
  EXPECT_EQ(limits.memory_room_bytes, std::nullopt);
}

TEST(CgroupV2, GivesTheQuotaOverThePeriod) {
  FakeTree tree;
  use_v2(tree, "/job");
  tree.write("sys/fs/cgroup/job/cpu.max", "150000 100000\n");
  EXPECT_EQ(read_cgroup_limits(tree.root()).cpus, 1.5);
}

TEST(CgroupV2, IsUnlimitedAtMax) {
  FakeTree tree;
  use_v2(tree, "/job");
  tree.write("sys/fs/cgroup/job/cpu.max", "max 100000\n").write("sys/fs/cgroup/job/memory.max", "max\n");
  const CgroupLimits limits = read_cgroup_limits(tree.root());
  EXPECT_EQ(limits.cpus, std::nullopt);
  EXPECT_EQ(limits.memory_bytes, std::nullopt);
}

TEST(CgroupV2, TakesTheLeastLimitOfTheGroupAndItsParents) {
  FakeTree tree;
  use_v2(tree, "/a/b/c");
  tree.write("sys/fs/cgroup/a/cpu.max", "200000 100000").write("sys/fs/cgroup/a/b/cpu.max", "max 100000");
  tree.write("sys/fs/cgroup/a/b/c/cpu.max", "800000 100000")
      .write("sys/fs/cgroup/other/cpu.max", "1000 100000");
  tree.write("sys/fs/cgroup/a/memory.max", std::to_string(8 * kGiB));
  tree.write("sys/fs/cgroup/a/b/memory.max", std::to_string(2 * kGiB));
  const CgroupLimits limits = read_cgroup_limits(tree.root());
  EXPECT_EQ(limits.cpus, 2.0);
  EXPECT_EQ(limits.memory_bytes, 2 * kGiB);
}

TEST(CgroupV2, DoesNotCountPageCacheAsUsed) {
  FakeTree tree;
  use_v2(tree, "/job");
  tree.write("sys/fs/cgroup/job/memory.max", std::to_string(4 * kGiB));
  tree.write("sys/fs/cgroup/job/memory.current", std::to_string(3 * kGiB));
  tree.write("sys/fs/cgroup/job/memory.stat",
             "anon 1073741824\ninactive_file 1073741824\nactive_file 1073741824\n");
  EXPECT_EQ(read_cgroup_limits(tree.root()).memory_room_bytes, 3 * kGiB);
}

TEST(CgroupV2, HasNoRoomRatherThanLessThanNone) {
  FakeTree tree;
  use_v2(tree, "/job");
  tree.write("sys/fs/cgroup/job/memory.max", "1000").write("sys/fs/cgroup/job/memory.current", "5000");
  EXPECT_EQ(read_cgroup_limits(tree.root()).memory_room_bytes, 0);
}

TEST(CgroupV2, TakesTheRoomOfAFullParent) {
  FakeTree tree;
  use_v2(tree, "/a/b");
  tree.write("sys/fs/cgroup/a/memory.max", std::to_string(8 * kGiB));
  tree.write("sys/fs/cgroup/a/memory.current", std::to_string(7 * kGiB));
  tree.write("sys/fs/cgroup/a/b/memory.max", std::to_string(4 * kGiB));
  tree.write("sys/fs/cgroup/a/b/memory.current", "0");
  EXPECT_EQ(read_cgroup_limits(tree.root()).memory_room_bytes, kGiB);
}

TEST(CgroupV2, FindsTheTopOfWhatAContainerSees) {
  FakeTree own_name_space;
  use_v2(own_name_space, "/");
  own_name_space.write("sys/fs/cgroup/cpu.max", "50000 100000");
  EXPECT_EQ(read_cgroup_limits(own_name_space.root()).cpus, 0.5);

  FakeTree hosts_name_space;
  use_v2(hosts_name_space, "/docker/abc/inner", "/docker/abc");
  hosts_name_space.write("sys/fs/cgroup/cpu.max", "50000 100000");
  hosts_name_space.write("sys/fs/cgroup/inner/cpu.max", "25000 100000");
  EXPECT_EQ(read_cgroup_limits(hosts_name_space.root()).cpus, 0.25);

  FakeTree outside_what_is_mounted;
  use_v2(outside_what_is_mounted, "/../elsewhere");
  outside_what_is_mounted.write("sys/fs/cgroup/cpu.max", "75000 100000");
  outside_what_is_mounted.write("sys/fs/elsewhere/cpu.max", "10000 100000");
  EXPECT_EQ(read_cgroup_limits(outside_what_is_mounted.root()).cpus, 0.75);
}

TEST(CgroupV2, IsFoundAtAMountPointWithASpace) {
  FakeTree tree;
  tree.write("proc/self/cgroup", "0::/\n");
  tree.write("proc/self/mountinfo", "30 23 0:26 / /sys/my\\040groups rw - cgroup2 cgroup2 rw\n");
  tree.write("sys/my groups/cpu.max", "300000 100000");
  EXPECT_EQ(read_cgroup_limits(tree.root()).cpus, 3.0);
}

TEST(CgroupV1, GivesTheQuotaOverThePeriod) {
  FakeTree tree;
  use_v1(tree, "/a/b");
  tree.write("sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us", "-1");
  tree.write("sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_period_us", "100000");
  tree.write("sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "250000");
  tree.write("sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "100000");
  EXPECT_EQ(read_cgroup_limits(tree.root()).cpus, 2.5);
}

TEST(CgroupV1, TakesItsLargestNumberAsNoLimit) {
  FakeTree tree;
  use_v1(tree, "/a");
  tree.write("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "9223372036854771712");
  tree.write("sys/fs/cgroup/memory/a/memory.usage_in_bytes", "4096");
  const CgroupLimits limits = read_cgroup_limits(tree.root());
  EXPECT_EQ(limits.memory_bytes, std::nullopt);
  EXPECT_EQ(limits.memory_room_bytes, std::nullopt);
}

TEST(CgroupV1, CountsThePageCacheOfTheWholeGroup) {
  FakeTree tree;
  use_v1(tree, "/docker/abc", "/docker/abc");
  tree.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "10000");
  tree.write("sys/fs/cgroup/memory/memory.usage_in_bytes", "9000");
  tree.write("sys/fs/cgroup/memory/memory.stat",
             "inactive_file 1\nactive_file 1\ntotal_inactive_file 3000\ntotal_active_file 2000\n");
  const CgroupLimits limits = read_cgroup_limits(tree.root());
  EXPECT_EQ(limits.memory_bytes, 10000);
  EXPECT_EQ(limits.memory_room_bytes, 6000);
}

TEST(AvailableMemory, IsTheLeastOfKernelAndCgroup) {
  FakeTree tree;
  use_v2(tree, "/job");
  tree.write("proc/meminfo", "MemTotal:       2000 kB\nMemFree:        100 kB\nMemAvailable:   1000 kB\n");
  EXPECT_EQ(available_memory_bytes(tree.root()), 1000 * 1024);
  tree.write("sys/fs/cgroup/job/memory.max", "5000").write("sys/fs/cgroup/job/memory.current", "1000");
  EXPECT_EQ(available_memory_bytes(tree.root()), 4000);
  tree.write("sys/fs/cgroup/job/memory.max", "9000000");
  EXPECT_EQ(available_memory_bytes(tree.root()), 1000 * 1024);
}

TEST(AvailableMemory, IsUnknownWhereNothingCanBeRead) {
  const FakeTree tree;
  EXPECT_EQ(available_memory_bytes(tree.root()), std::nullopt);
}

}  // namespace
}  // namespace cnnbench
