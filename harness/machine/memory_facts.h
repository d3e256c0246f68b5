#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

namespace cnnbench {

/// As available_memory_bytes() of facts.h, under another root.
std::optional<std::int64_t> available_memory_bytes(const std::filesystem::path& root);

/// memory_bytes, memory_available_bytes, huge_pages.
nlohmann::ordered_json memory_facts(const std::filesystem::path& root);

}  // namespace cnnbench
