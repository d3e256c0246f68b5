#pragma once

#include <chrono>

namespace cnnbench {

/// Where seconds come from; tests put a fake in its place.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Seconds since some fixed moment; never goes back.
  virtual double now() = 0;
};

/// std::chrono::steady_clock, from the start of the program: seconds since the machine's start lose
/// nanoseconds in a double after some months (2^23 s).
class SteadyClock final : public Clock {
 public:
  double now() override {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - origin_).count();
  }

 private:
  static inline const std::chrono::steady_clock::time_point origin_ = std::chrono::steady_clock::now();
};

/// What a clock costs: the median time of one call, and the smallest positive difference of two calls, in
/// seconds.
struct ClockCost {
  double cost_seconds = 0;
  double resolution_seconds = 0;
};

/// Measures a clock by calling it a few thousand times. The cost is taken over runs of calls, so that it is
/// right for a clock that ticks more slowly than it can be called too. A clock that stands still yields
/// zeros.
ClockCost measure_clock(Clock& clock);

}  // namespace cnnbench
