#pragma once

#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace cnnbench {

/// "AMD EPYC 7B13" and the like; on Arm, where the kernel knows no name, "Arm implementer 0x41 part 0xd0c";
/// else "unknown CPU".
std::string cpu_model(const std::filesystem::path& root);

/// Asks the C library, as sysconf(3): a value, or 0 or less where it does not know.
using AskSystem = long (*)(int name);

/// cpu_model, cpu_flags, sockets, cores, logical_cpus, affinity_mask, caches, governor, frequency_hz, turbo.
/// Caches and frequencies are those of the first CPU of the affinity mask. Where /sys knows no caches, the C
/// library is asked, which asks the CPU that it runs on: of the third level that is all that the socket has.
nlohmann::ordered_json cpu_facts(const std::filesystem::path& root, AskSystem ask = sysconf);

}  // namespace cnnbench
