#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <string_view>

#include "harness/measure/canary.h"
#include "harness/measure/memory_canary.h"

namespace cnnbench {

/// What the canaries tell of. `cores`: multiply-adds in registers. `cache`, `memory`: see MemoryCanary.
enum class Part { cores, cache, memory };
constexpr std::array parts{Part::cores, Part::cache, Part::memory};

/// "cores", "cache", "memory".
std::string_view to_string(Part part);

/// Seconds of each part; NaN where unknown.
class CanaryTimes {
 public:
  double& operator[](Part part) { return seconds_[static_cast<std::size_t>(part)]; }
  double operator[](Part part) const { return seconds_[static_cast<std::size_t>(part)]; }

 private:
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  std::array<double, parts.size()> seconds_{unknown, unknown, unknown};
};

/// The smaller time of each part; the known one where the other is not.
CanaryTimes best_of(const CanaryTimes& a, const CanaryTimes& b);

/// The canaries of one rank, and the shortest times that they have been seen to take.
class Canaries {
 public:
  /// Sings for about 50 ms, for a first reference.
  Canaries(Clock& clock, int threads);

  /// Both, one after the other: about two milliseconds.
  CanaryTimes sing() const;

  /// Median of a few songs at start-up, or after a later refer_again() where that was shorter: other programs
  /// can only make it longer.
  const CanaryTimes& reference() const { return reference_; }
  void refer_again();

 private:
  Canary cores_;
  MemoryCanary memory_;
  CanaryTimes reference_;
};

}  // namespace cnnbench
