#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace cnnbench {

/// "AMD EPYC 7B13" and the like; on Arm, where the kernel knows no name, "Arm implementer 0x41 part 0xd0c";
/// else "unknown CPU".
std::string cpu_model(const std::filesystem::path& root);

/// cpu_model, cpu_flags, sockets, cores, logical_cpus, affinity_mask, caches, governor, frequency_hz, turbo.
/// Caches and frequencies are those of the first CPU of the affinity mask.
nlohmann::ordered_json cpu_facts(const std::filesystem::path& root);

}  // namespace cnnbench
