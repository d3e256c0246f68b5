#pragma once

#include <optional>
#include <span>
#include <vector>

#include "harness/measure/record.h"

namespace cnnbench {

/// Relative difference of the medians of the last and the first quarter of the steps, in their order; empty
/// where a quarter has fewer than 5 steps, where it is at most 1 %, or where the quarters do not differ
/// significantly (Mann–Whitney, two-sided at 1 %, normal approximation).
std::optional<double> drift(std::span<const double> steps);

/// How much steps are like those `lag` before.
struct Autocorrelation {
  double correlation = 0;  ///< of the ranks
  std::size_t lag = 1;
};

/// The largest correlation of each step's rank with that of a step 1 to 20 before (at most a quarter of the
/// steps; the rank version of von Neumann's ratio, also for longer lags: Bartels 1982, "The Rank Version of
/// von Neumann's Ratio Test for Randomness"), so that outliers do not decide it. Empty for fewer than 20
/// steps or where none is significantly above 0 (one-sided at 0.5 % for all lags together: Bonferroni, half
/// of it for the step before).
std::optional<Autocorrelation> autocorrelation(std::span<const double> steps);

/// The flags that follow from the order and the spread of a record's samples: drift, autocorrelation,
/// outliers.
std::vector<Flag> sample_flags(std::span<const double> samples, const Summary& summary);

}  // namespace cnnbench
