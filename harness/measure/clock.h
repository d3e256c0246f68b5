#pragma once

#include <chrono>
#include <cstdint>

namespace cnnbench {

/// Where seconds come from; tests put a fake in its place.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Seconds since some fixed moment; never goes back.
  virtual double now() = 0;
  /// Nanoseconds at which now() is 0, on a clock that all processes of this machine share.
  virtual std::int64_t origin() const { return 0; }

  /// A moment of this clock as rank 0's clock shows it; before RankClocks has compared them, as this one
  /// does.
  double on_rank_0(double own) const { return own + behind_; }
  /// Sets the seconds by which this clock is behind rank 0's.
  void set_behind(double seconds) { behind_ = seconds; }

 private:
  double behind_ = 0;
};

/// std::chrono::steady_clock, from the start of the program: seconds since the machine's start lose
/// nanoseconds in a double after some months (2^23 s).
class SteadyClock final : public Clock {
 public:
  std::int64_t origin() const override {
    return std::chrono::nanoseconds(origin_.time_since_epoch()).count();
  }
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
