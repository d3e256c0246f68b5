#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "harness/machine/facts.h"

namespace cnnbench {
namespace {

std::vector<std::string> keys(const nlohmann::ordered_json& object) {
  std::vector<std::string> names;
  for (const auto& [key, value] : object.items()) names.push_back(key);
  return names;
}

TEST(MachineFacts, HaveTheirKeysInOrder) {
  const nlohmann::ordered_json facts = machine_facts();
  EXPECT_THAT(keys(facts),
              ::testing::ElementsAre("host", "cpu_model", "cpu_flags", "sockets", "cores", "logical_cpus",
                                     "affinity_mask", "caches", "governor", "frequency_hz", "turbo",
                                     "memory_bytes", "memory_available_bytes", "huge_pages", "kernel", "os",
                                     "load_average", "cgroup_cpu_limit", "cgroup_memory_limit_bytes",
                                     "virtualization", "environment_variables", "build"));
  EXPECT_THAT(keys(facts.at("build")),
              ::testing::ElementsAre("compiler", "flags", "type", "git_commit", "git_clean", "version"));
}

TEST(MachineFacts, KnowThisMachine) {
  const nlohmann::ordered_json facts = machine_facts();
  EXPECT_GE(facts.at("logical_cpus").get<int>(), 1);
  EXPECT_GT(facts.at("memory_bytes").get<std::int64_t>(),
            facts.at("memory_available_bytes").get<std::int64_t>());
  EXPECT_GT(available_memory_bytes().value_or(0), 0);
  EXPECT_FALSE(cpu_model().empty());
}

TEST(MachineFacts, AreTextThatJsonCanWrite) {
  EXPECT_NO_THROW(machine_facts().dump());
}

}  // namespace
}  // namespace cnnbench
