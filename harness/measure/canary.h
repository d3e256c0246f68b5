#pragma once

#include <cstdint>

#include "harness/measure/clock.h"

namespace cnnbench {

/// A fixed amount of arithmetic whose time tells how fast the cores run just now: chains of multiply-adds in
/// registers, each waiting for the one before, so that nothing but the clock frequency (and other processes)
/// changes it.
class Canary {
 public:
  /// Finds out how many multiply-adds take about a millisecond on `threads` cores, and takes the median of a
  /// few such times as what the machine can do.
  Canary(Clock& clock, int threads);

  /// Seconds of the slowest of the threads, now.
  double sing() const;
  /// Seconds at start-up.
  double reference_seconds() const { return reference_seconds_; }
  /// How many songs the reference is the median of.
  static constexpr int reference_songs = 9;

 private:
  Clock& clock_;
  int threads_;
  std::int64_t multiply_adds_ = 0;
  double reference_seconds_ = 0;
};

}  // namespace cnnbench
