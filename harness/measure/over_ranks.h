#pragma once

#include <cstddef>
#include <vector>

#include "harness/measure/measuring_loop.h"
#include "harness/measure/record.h"

namespace cnnbench {

/// One step of all ranks, in seconds.
struct StepOverRanks {
  double seconds = 0;  ///< from the first rank's start to the last rank's end: the makespan
  double longest = 0;  ///< of the ranks' own times
  double skew = 0;     ///< from the first rank's start to the last rank's start
};

/// Of a step that was taken. On one rank all of it is that rank's own time, to the last digit.
StepOverRanks step_over_ranks(const Samples& samples, std::size_t step);

/// step_over_ranks().seconds of every step: the samples of whole steps.
std::vector<double> makespans(const Samples& samples);

/// The parts of the makespans. `tick` is as in summarize(). Throws std::invalid_argument for no steps.
OverRanks over_ranks(const Samples& samples, double tick);

/// Median over the steps of: slowest rank over the median of the others, by their own times. Of two ranks
/// that is slowest over fastest. 1 where all are equal; empty on one rank.
std::optional<double> imbalance(const Samples& samples);

/// How often each rank took longest; of equal ones the first counts.
std::vector<std::int64_t> slowest_steps(const Samples& samples);

/// Time of the bursts that the steps were taken in, each from its first start to its last end, and time that
/// the steps add up to. The rest is what lies between the steps of a burst: barrier, gathering, decision.
struct BurstTime {
  double bursts = 0;
  double steps = 0;
  std::int64_t gaps = 0;  ///< between two steps of one burst
};
BurstTime burst_time(const Samples& samples);

}  // namespace cnnbench
