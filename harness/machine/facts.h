#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace cnnbench {

/// What is needed to believe or repeat a run, of the process that calls: host, CPU model, flags, caches,
/// cores, affinity mask, governor, frequency, memory, kernel, load, cgroup limits, compiler and flags, git
/// commit and whether the tree was clean, build type. Unknown is null. Keys are listed in docs of
/// `result.json` in README.md.
nlohmann::ordered_json machine_facts();

/// Bytes that this process may still allocate: the least of the kernel's MemAvailable and the room left under
/// the cgroup's memory limits (v2 and v1, of the group and its parents). Empty where nothing can be read.
std::optional<std::int64_t> available_memory_bytes();

/// CPUs' worth of time that the cgroup grants (v2 cpu.max, v1 cfs quota); empty where unlimited or unknown.
std::optional<double> cgroup_cpu_limit();

/// "AMD EPYC 7B13" and the like; "unknown CPU" where it cannot be read.
std::string cpu_model();

}  // namespace cnnbench
