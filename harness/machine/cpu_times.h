#pragma once

#include <filesystem>
#include <limits>
#include <span>

namespace cnnbench {

/// CPU time that the kernel has counted since it started, in seconds; differences of two readings tell of the
/// time between. NaN where unknown. The kernel counts in ticks of 10 ms or so.
struct CpuTimes {
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  double busy = unknown;    ///< of all CPUs of the node together, whatever ran there
  double cpus = 0;          ///< how many these are
  double own = unknown;     ///< of the processes that were asked for, all their threads; 0 for none
  double stolen = unknown;  ///< that the hypervisor gave to others, of the CPUs of these processes together
  double own_cpus = 0;      ///< how many these are
};

/// Reads /proc/stat and, of each process, /proc/PID/stat and the CPUs that its threads may use. A process
/// that is not there counts nothing. Method: proc(5); user time includes that of guests.
CpuTimes read_cpu_times(std::span<const int> processes, const std::filesystem::path& root = "/");

/// Seconds of one tick of the counters above.
double cpu_tick_seconds();

}  // namespace cnnbench
