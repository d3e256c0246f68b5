#include "harness/machine/cgroup.h"

#include <algorithm>
#include <string>

#include "harness/machine/cgroup_folders.h"
#include "harness/machine/files.h"

namespace cnnbench {
namespace {

namespace fs = std::filesystem;

template <typename T>
void take_least(std::optional<T>& least, const std::optional<T>& value) {
  if (value && (!least || *value < *least)) least = value;
}

/// cpu.max: "QUOTA PERIOD" in microseconds, or "max PERIOD".
std::optional<double> cpus_v2(const fs::path& folder) {
  const std::vector<std::string> words = split_words(read_text(folder / "cpu.max").value_or(""));
  if (words.size() != 2) return std::nullopt;
  const auto quota = to_integer(words[0]);
  const auto period = to_integer(words[1]);
  if (!quota || !period || *quota <= 0 || *period <= 0) return std::nullopt;
  return static_cast<double>(*quota) / static_cast<double>(*period);
}

/// A quota of -1 is no limit.
std::optional<double> cpus_v1(const fs::path& folder) {
  const auto quota = read_integer(folder / "cpu.cfs_quota_us");
  const auto period = read_integer(folder / "cpu.cfs_period_us");
  if (!quota || !period || *quota <= 0 || *period <= 0) return std::nullopt;
  return static_cast<double>(*quota) / static_cast<double>(*period);
}

/// Version 1 writes "no limit" as the largest multiple of a page in 63 bits.
constexpr std::int64_t kNoLimit = std::int64_t{1} << 62;

struct MemoryFiles {
  const char* limit;
  const char* usage;
  const char* file_pages[2];  ///< keys of memory.stat: page cache that the kernel can take back
};
constexpr MemoryFiles kMemoryV2 = {"memory.max", "memory.current", {"inactive_file", "active_file"}};
constexpr MemoryFiles kMemoryV1 = {
    "memory.limit_in_bytes", "memory.usage_in_bytes", {"total_inactive_file", "total_active_file"}};

void add_memory(CgroupLimits& limits, const fs::path& folder, const MemoryFiles& files) {
  const std::optional<std::int64_t> limit = read_integer(folder / files.limit);  // "max" is not a number
  if (!limit || *limit >= kNoLimit) return;
  take_least(limits.memory_bytes, limit);
  std::optional<std::int64_t> used = read_integer(folder / files.usage);
  if (!used) return;
  const std::string stat = read_text(folder / "memory.stat").value_or("");
  for (const char* key : files.file_pages)
    *used -= to_integer(find_value(stat, key, ' ').value_or("")).value_or(0);
  take_least(limits.memory_room_bytes,
             std::optional(std::max<std::int64_t>(*limit - std::max<std::int64_t>(*used, 0), 0)));
}

}  // namespace

CgroupLimits read_cgroup_limits(const fs::path& root) {
  CgroupLimits limits;
  for (const fs::path& folder : cgroup_folders(root, "")) {
    take_least(limits.cpus, cpus_v2(folder));
    add_memory(limits, folder, kMemoryV2);
  }
  for (const fs::path& folder : cgroup_folders(root, "cpu")) take_least(limits.cpus, cpus_v1(folder));
  for (const fs::path& folder : cgroup_folders(root, "memory")) add_memory(limits, folder, kMemoryV1);
  return limits;
}

}  // namespace cnnbench
