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

/// std::chrono::steady_clock.
class SteadyClock final : public Clock {
 public:
  double now() override {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  }
};

/// What a clock costs: the median time of one call, and the smallest positive difference of two calls, in
/// seconds.
struct ClockCost {
  double cost_seconds = 0;
  double resolution_seconds = 0;
};

/// Measures a clock by calling it a few thousand times.
ClockCost measure_clock(Clock& clock);

}  // namespace cnnbench
