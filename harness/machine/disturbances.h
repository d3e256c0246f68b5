#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace cnnbench {

/// What others did to this process since it started; differences of two readings tell of the time between.
struct Disturbances {
  /// Times that the kernel took a core away from one of its threads (getrusage(2), ru_nivcsw).
  std::int64_t involuntary_switches = 0;
  /// Seconds that its control group, or a parent of it, was kept from running for having used up its quota;
  /// the largest over them. Empty where none can be throttled or tells.
  std::optional<double> throttled_seconds;
};

/// Reads them. Finds the control groups once, so that a reading costs a few microseconds.
class DisturbanceReader {
 public:
  /// Method: Linux kernel documentation, admin-guide/cgroup-v2.rst (cpu.stat, throttled_usec) and
  /// scheduler/sched-bwc.rst (version 1, throttled_time in nanoseconds).
  explicit DisturbanceReader(const std::filesystem::path& root = "/");
  Disturbances read() const;

 private:
  struct Source {
    std::filesystem::path file;
    const char* key;
    double unit;  ///< in seconds
  };
  std::vector<Source> sources_;
};

}  // namespace cnnbench
