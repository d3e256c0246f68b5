#include "harness/machine/cpu_facts.h"

#include <gtest/gtest.h>

#include "tests/harness/machine/fake_tree.h"

namespace cnnbench {
namespace {

using Json = nlohmann::ordered_json;

/// Two sockets of two cores of two hardware threads each, with one core number twice as on real machines.
FakeTree& add_topology(FakeTree& tree) {
  const char* siblings[] = {"0,4", "1,5", "2,6", "3,7"};
  tree.write("sys/devices/system/cpu/online", "0-7\n");
  for (int cpu = 0; cpu < 8; ++cpu) {
    const std::string folder = "sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/";
    tree.write(folder + "physical_package_id", cpu % 4 < 2 ? "0\n" : "1\n");
    tree.write(folder + "core_id", cpu % 2 == 0 ? "0\n" : "1\n");
    tree.write(folder + "thread_siblings_list", siblings[cpu % 4]);
  }
  return tree;
}

/// A C library that knows nothing.
long no_answer(int) {
  return 0;
}

TEST(CpuFacts, AreNullWhereNothingCanBeRead) {
  const FakeTree tree;
  const Json facts = cpu_facts(tree.root(), no_answer);
  for (const char* key :
       {"cpu_model", "cpu_flags", "sockets", "cores", "logical_cpus", "affinity_mask", "governor", "turbo"}) {
    EXPECT_TRUE(facts.at(key).is_null()) << key;
  }
  EXPECT_TRUE(facts.at("caches").at("l2_bytes").is_null());
  EXPECT_TRUE(facts.at("frequency_hz").at("max").is_null());
}

TEST(CpuFacts, TellHardwareThreadsFromCores) {
  FakeTree tree;
  const Json facts = cpu_facts(add_topology(tree).root());
  EXPECT_EQ(facts.at("sockets"), 2);
  EXPECT_EQ(facts.at("cores"), 4);
  EXPECT_EQ(facts.at("logical_cpus"), 8);
}

TEST(CpuFacts, HaveModelAndFlagsOfTheFirstCpu) {
  FakeTree tree;
  tree.write("proc/cpuinfo",
             "processor\t: 0\nmodel\t\t: 1\nmodel name\t: AMD EPYC 7B13\nflags\t\t: fpu avx2 "
             "fma\n\nprocessor\t: 1\n");
  const Json facts = cpu_facts(tree.root());
  EXPECT_EQ(facts.at("cpu_model"), "AMD EPYC 7B13");
  EXPECT_EQ(facts.at("cpu_flags"), Json({"fpu", "avx2", "fma"}));
}

TEST(CpuFacts, NameAnArmCpuByItsNumbers) {
  FakeTree tree;
  tree.write("proc/cpuinfo",
             "processor\t: 0\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n");
  EXPECT_EQ(cpu_model(tree.root()), "Arm implementer 0x41 part 0xd0c");
  EXPECT_EQ(cpu_facts(tree.root()).at("cpu_flags"), Json({"fp", "asimd"}));
}

TEST(CpuFacts, CallAnUnreadableCpuUnknown) {
  const FakeTree tree;
  EXPECT_EQ(cpu_model(tree.root()), "unknown CPU");
}

TEST(CpuFacts, DescribeTheFirstCpuOfTheMask) {
  FakeTree tree;
  tree.write("proc/self/status", "Name:\tbench\nCpus_allowed:\tc\nCpus_allowed_list:\t2-3\n");
  const std::string cpu = "sys/devices/system/cpu/cpu2/";
  tree.write(cpu + "cache/index0/level", "1")
      .write(cpu + "cache/index0/type", "Data")
      .write(cpu + "cache/index0/size", "48K");
  tree.write(cpu + "cache/index1/level", "1")
      .write(cpu + "cache/index1/type", "Instruction")
      .write(cpu + "cache/index1/size", "32K");
  tree.write(cpu + "cache/index2/level", "2")
      .write(cpu + "cache/index2/type", "Unified")
      .write(cpu + "cache/index2/size", "2048K");
  tree.write(cpu + "cpufreq/cpuinfo_max_freq", "3800000").write(cpu + "cpufreq/cpuinfo_min_freq", "800000");
  tree.write(cpu + "cpufreq/scaling_cur_freq", "2000000");
  tree.write(cpu + "cpufreq/scaling_governor", "powersave")
      .write("sys/devices/system/cpu/cpu3/cpufreq/scaling_governor", "performance");
  tree.write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "schedutil");
  const Json facts = cpu_facts(tree.root());
  EXPECT_EQ(facts.at("affinity_mask"), "2-3");
  EXPECT_EQ(facts.at("caches"), Json({{"l1d_bytes", 49152}, {"l2_bytes", 2097152}, {"l3_bytes", nullptr}}));
  EXPECT_EQ(facts.at("frequency_hz"),
            Json({{"max", 3800000000}, {"min", 800000000}, {"current", 2000000000}}));
  EXPECT_EQ(facts.at("governor"), "performance, powersave");
}

TEST(CpuFacts, AskTheLibraryForCachesWhereTheKernelKnowsNone) {
  const auto ask = [](int name) -> long {
    return name == _SC_LEVEL1_DCACHE_SIZE ? 32768 : name == _SC_LEVEL2_CACHE_SIZE ? 524288 : -1;
  };
  FakeTree tree;
  tree.write("sys/devices/system/cpu/cpu0/cache/uevent", "");
  EXPECT_EQ(cpu_facts(tree.root(), ask).at("caches"),
            Json({{"l1d_bytes", 32768}, {"l2_bytes", 524288}, {"l3_bytes", nullptr}}));

  const std::string cache = "sys/devices/system/cpu/cpu0/cache/index2/";
  tree.write(cache + "level", "2").write(cache + "type", "Unified").write(cache + "size", "2048K");
  EXPECT_EQ(cpu_facts(tree.root(), ask).at("caches"),
            Json({{"l1d_bytes", nullptr}, {"l2_bytes", 2097152}, {"l3_bytes", nullptr}}));
}

TEST(CpuFacts, TakeTheFrequencyThatTheCpuReportsWhereThereIsNoDriver) {
  FakeTree tree;
  tree.write("proc/cpuinfo", "cpu MHz\t\t: 2299.998\n");
  EXPECT_EQ(cpu_facts(tree.root()).at("frequency_hz").at("current"), 2299998000);
}

TEST(CpuFacts, SeeTurboOfBothDrivers) {
  FakeTree intel;
  intel.write("sys/devices/system/cpu/intel_pstate/no_turbo", "1");
  EXPECT_EQ(cpu_facts(intel.root()).at("turbo"), false);
  FakeTree other;
  other.write("sys/devices/system/cpu/cpufreq/boost", "1");
  EXPECT_EQ(cpu_facts(other.root()).at("turbo"), true);
}

}  // namespace
}  // namespace cnnbench
