#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace cnnbench {

/// What others did to this process since it started; differences of two readings tell of the time between.
struct Disturbances {
  /// Times that the kernel took a core away from one of its threads (getrusage(2), ru_nivcsw).
  std::int64_t involuntary_switches = 0;
  /// Seconds that its control group, or a parent of it, was kept from running for having used up its quota;
  /// the largest over them. Empty where none can be throttled or tells.
  std::optional<double> throttled_seconds;
};

/// Method: Linux kernel documentation, admin-guide/cgroup-v2.rst (cpu.stat, throttled_usec) and
/// scheduler/sched-bwc.rst (version 1, throttled_time in nanoseconds).
Disturbances read_disturbances(const std::filesystem::path& root = "/");

}  // namespace cnnbench
