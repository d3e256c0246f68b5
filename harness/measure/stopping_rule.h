#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "harness/measure/gap.h"
#include "harness/measure/sorted_samples.h"
#include "harness/measure/statistics.h"

namespace cnnbench {

/// How many steps are timed. Burn-in steps come before and are not counted.
struct TimingSettings {
  std::int64_t burn_in = 10;
  std::int64_t steps = 100;  ///< the most
  double precision =
      0.01;  ///< relative half-width of the median's 95 % interval that is enough; 0: exactly `steps`
  double max_seconds = 120;  ///< of timed steps; 0: no limit. Never less than one step.
  std::uint64_t seed = 1;    ///< of the order in which several subjects take turns
  Gap gap = Gap::none;       ///< before every timed step
};

enum class StopReason { steps, precision, max_seconds, interrupted, failed };

/// "steps", "precision", "max_seconds", "interrupted", "failed" (a program could not be run, or not be made
/// anew).
std::string_view to_string(StopReason reason);

/// Decides after every step whether it was the last: after `steps`; or, where precision > 0, after at least
/// 10 steps and 0.5 s of timed steps, where half the width of the 95 % interval of the median (see
/// median_interval()) is at most precision × median; or after max_seconds of timed steps. For the precision
/// it looks at all steps so far, and so only after every twentieth more: a look at n steps costs time in
/// proportion to n.
class StoppingRule {
 public:
  /// Throws std::invalid_argument for less than one step, a negative burn-in, and a precision or max_seconds
  /// that is negative or not finite.
  explicit StoppingRule(const TimingSettings& settings);
  void add(double seconds);
  /// Empty: go on.
  std::optional<StopReason> decide();

 private:
  bool precise_enough();

  TimingSettings settings_;
  std::int64_t count_ = 0;
  CompensatedSum total_;
  // Kept only where a precision is asked for:
  std::vector<double> steps_;  ///< in the order of time
  SortedSamples sorted_;
  MedianIntervalRank median_rank_;  ///< of so many independent steps
  std::int64_t next_look_ = 0;      ///< at so many steps
};

}  // namespace cnnbench
