#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace cnnbench {

/// What the control groups of this process allow it; empty where they set no limit or cannot be read. A group
/// and all its parents limit it, so each is the least over them. Versions 1 and 2, also side by side; inside
/// a container, where only a part of the tree is mounted, the limits of that part.
struct CgroupLimits {
  std::optional<double> cpus;                     ///< CPUs' worth of time
  std::optional<std::int64_t> memory_bytes;       ///< the least limit
  std::optional<std::int64_t> memory_room_bytes;  ///< the least of limit − use, page cache not counted as use
};

/// Method: Linux kernel documentation, admin-guide/cgroup-v2.rst, cgroup-v1/memory.rst,
/// scheduler/sched-bwc.rst.
CgroupLimits read_cgroup_limits(const std::filesystem::path& root);

}  // namespace cnnbench
