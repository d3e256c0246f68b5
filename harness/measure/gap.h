#pragma once

#include <string_view>

namespace cnnbench {

/// What lies between two timed steps. `none`: nothing, so that threads still spin and caches hold what the
/// step before left. `idle`: a rest, until all threads sleep. `cold`: every cache is filled with other data,
/// by the threads that then go on.
enum class Gap { none, idle, cold };

/// "none", "idle", "cold".
std::string_view to_string(Gap gap);

/// Seconds of a rest. Pools of threads spin for up to some tens of milliseconds before they sleep.
inline constexpr double rest_seconds = 0.03;

/// Sleeps for rest_seconds.
void rest();

/// Fills the caches of the cores of so many threads of this process's OpenMP pool with other data: each line
/// of a buffer of four times the last-level cache is read and written. (Between 64 and 256 MiB: what a
/// virtual machine says of its cache may be of a larger one.) The buffer stays.
void flush_caches(int threads);

/// Bytes of that buffer.
double flushing_bytes(int threads);

}  // namespace cnnbench
