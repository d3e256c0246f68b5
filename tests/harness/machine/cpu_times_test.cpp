#include "harness/machine/cpu_times.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "tests/harness/machine/fake_tree.h"

namespace cnnbench {
namespace {

/// Ticks as the kernel writes them: a hundredth of a second each wherever Linux runs.
constexpr const char* four_cpus =
    "cpu  100 20 30 9000 50 6 4 70 11 0\n"
    "cpu0 40 5 10 2000 20 1 1 10 11 0\n"
    "cpu1 30 5 10 2000 20 1 1 20 0 0\n"
    "cpu2 20 5 5 3000 5 2 1 40 0 0\n"
    "cpu3 10 5 5 2000 5 2 1 0 0 0\n"
    "intr 12345 0 0\nctxt 99\n";

/// A process of two threads, of which the runtime has bound the first to one CPU.
void add_process(FakeTree& tree, int process, const std::string& user_and_system) {
  const std::string folder = "proc/" + std::to_string(process);
  tree.write(folder + "/stat", std::to_string(process) + " (a ) name) R 1 7 7 0 -1 4194304 1 2 3 4 " +
                                   user_and_system + " 77 88 20 0 2 0 100\n");
  tree.write(folder + "/task/1/status", "Name:\tbench\nCpus_allowed_list:\t1\n");
  tree.write(folder + "/task/2/status", "Name:\tbench\nCpus_allowed_list:\t1-2\n");
}

TEST(CpuTimes, AreUnknownWhereNothingCanBeRead) {
  const FakeTree tree;
  const CpuTimes times = read_cpu_times(std::array{7}, tree.root());
  EXPECT_TRUE(std::isnan(times.busy));
  EXPECT_TRUE(std::isnan(times.stolen));
  EXPECT_EQ(times.cpus, 0);
}

TEST(CpuTimes, OfTheNodeLeaveOutIdleTimeAndStolenTime) {
  FakeTree tree;
  tree.write("proc/stat", four_cpus);
  const CpuTimes times = read_cpu_times({}, tree.root());
  EXPECT_DOUBLE_EQ(times.busy, 1.6);  // 100 + 20 + 30 + 6 + 4 ticks; guests are in the first
  EXPECT_EQ(times.cpus, 4);
  EXPECT_EQ(times.own, 0);
}

TEST(CpuTimes, OfProcessesAreUserAndSystemTimeOfAll) {
  FakeTree tree;
  tree.write("proc/stat", four_cpus);
  add_process(tree, 7, "30 5");
  add_process(tree, 8, "10 1");
  EXPECT_DOUBLE_EQ(read_cpu_times(std::array{7, 8, 9}, tree.root()).own, 0.46);
}

TEST(CpuTimes, AreStolenFromTheCpusThatAnyThreadMayUse) {
  FakeTree tree;
  tree.write("proc/stat", four_cpus);
  add_process(tree, 7, "30 5");
  const CpuTimes times = read_cpu_times(std::array{7}, tree.root());
  EXPECT_DOUBLE_EQ(times.stolen, 0.6);  // CPUs 1 and 2
  EXPECT_EQ(times.own_cpus, 2);
}

TEST(CpuTimes, AreNotStolenWhereTheKernelCountsNoSteal) {
  FakeTree tree;
  tree.write("proc/stat", "cpu 1 2 3 4 5 6 7\ncpu1 1 2 3 4 5 6 7\n");
  add_process(tree, 7, "30 5");
  const CpuTimes times = read_cpu_times(std::array{7}, tree.root());
  EXPECT_TRUE(std::isnan(times.stolen));
  EXPECT_DOUBLE_EQ(times.busy, 0.19);
}

}  // namespace
}  // namespace cnnbench
