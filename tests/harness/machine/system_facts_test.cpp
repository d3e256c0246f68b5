#include "harness/machine/system_facts.h"

#include <gtest/gtest.h>

#include "harness/machine/memory_facts.h"
#include "tests/harness/machine/fake_tree.h"

namespace cnnbench {
namespace {

using Json = nlohmann::ordered_json;

TEST(SystemFacts, AreNullWhereNothingCanBeRead) {
  const FakeTree tree;
  const Json facts = system_facts(tree.root());
  for (const char* key : {"kernel", "os", "load_average", "cgroup_cpu_limit", "cgroup_memory_limit_bytes"}) {
    EXPECT_TRUE(facts.at(key).is_null()) << key;
  }
  EXPECT_EQ(facts.at("virtualization"),
            Json({{"hypervisor", nullptr}, {"product", nullptr}, {"container", nullptr}}));
}

TEST(SystemFacts, NameKernelAndDistribution) {
  FakeTree tree;
  tree.write("proc/sys/kernel/ostype", "Linux\n").write("proc/sys/kernel/osrelease", "6.1.0-18-amd64\n");
  tree.write("usr/lib/os-release", "NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");
  tree.write("proc/loadavg", "0.50 1.25 2.00 1/200 4711\n");
  const Json facts = system_facts(tree.root());
  EXPECT_EQ(facts.at("kernel"), "Linux 6.1.0-18-amd64");
  EXPECT_EQ(facts.at("os"), "Debian GNU/Linux 12 (bookworm)");
  EXPECT_EQ(facts.at("load_average"), Json({0.5, 1.25, 2.0}));
}

TEST(SystemFacts, SeeAVirtualMachineAndAContainer) {
  FakeTree tree;
  tree.write("proc/cpuinfo", "flags\t\t: fpu hypervisor avx\n").write(".dockerenv", "");
  tree.write("sys/class/dmi/id/sys_vendor", "Amazon EC2\n")
      .write("sys/class/dmi/id/product_name", "c7i.large\n");
  EXPECT_EQ(system_facts(tree.root()).at("virtualization"),
            Json({{"hypervisor", true}, {"product", "Amazon EC2 c7i.large"}, {"container", "docker"}}));
  tree.write("proc/cpuinfo", "flags\t\t: fpu avx\n");
  EXPECT_EQ(system_facts(tree.root()).at("virtualization").at("hypervisor"), false);
}

TEST(MemoryFacts, AreInBytes) {
  FakeTree tree;
  tree.write(
      "proc/meminfo",
      "MemTotal: 1000 kB\nMemAvailable: 600 kB\nHugePages_Total:       3\nHugepagesize:       2048 kB\n");
  tree.write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
  EXPECT_EQ(memory_facts(tree.root()),
            Json({{"memory_bytes", 1024000},
                  {"memory_available_bytes", 614400},
                  {"huge_pages", {{"transparent", "madvise"}, {"reserved", 3}, {"page_bytes", 2097152}}}}));
}

TEST(MemoryFacts, AreNullWhereNothingCanBeRead) {
  const FakeTree tree;
  EXPECT_EQ(
      memory_facts(tree.root()),
      Json({{"memory_bytes", nullptr},
            {"memory_available_bytes", nullptr},
            {"huge_pages", {{"transparent", nullptr}, {"reserved", nullptr}, {"page_bytes", nullptr}}}}));
}

TEST(EnvironmentVariables, AreThoseThatChangeHowLibrariesWork) {
  const char* environment[] = {"PATH=/bin",
                               "OMP_NUM_THREADS=4",
                               "DNNL_MAX_CPU_ISA=AVX2",
                               "OMPI_MCA_btl=^tcp",
                               "MKL_X=a=b",
                               "XOMP_Y=1",
                               "broken",
                               nullptr};
  EXPECT_EQ(environment_variables(environment), Json({{"DNNL_MAX_CPU_ISA", "AVX2"},
                                                      {"MKL_X", "a=b"},
                                                      {"OMPI_MCA_btl", "^tcp"},
                                                      {"OMP_NUM_THREADS", "4"}}));
}

TEST(EnvironmentVariables, AreThoseOfEveryLibraryAndOfTheAllocatorAndTheLoader) {
  for (const char* name :
       {"OMP_X", "GOMP_X", "KMP_X", "DNNL_VERBOSE", "ONEDNN_VERBOSE", "OPENBLAS_CORETYPE", "BLIS_ARCH_TYPE",
        "MKL_X", "ATEN_CPU_CAPABILITY", "TORCH_X", "MALLOC_ARENA_MAX", "GLIBC_TUNABLES", "LD_PRELOAD"}) {
    const std::string entry = std::string(name) + "=1";
    const char* environment[] = {entry.c_str(), nullptr};
    EXPECT_EQ(environment_variables(environment), Json({{name, "1"}})) << name;
  }
}

TEST(EnvironmentVariables, LeaveOutWhatMpirunSetsForOneRun) {
  const char* environment[] = {"OMPI_MCA_orte_hnp_uri=1.0;tcp://192.0.2.1:1",
                               "OMPI_MCA_initial_wdir=/home/me", "OMPI_MCA_mpi_oversubscribe=0", nullptr};
  EXPECT_EQ(environment_variables(environment), Json::object());
}

}  // namespace
}  // namespace cnnbench
