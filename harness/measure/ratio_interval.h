#pragma once

#include <optional>
#include <span>

#include "harness/measure/statistics.h"

namespace cnnbench {

/// How many times as long the steps of one subject take as those of another that took turns with it: the
/// median of the ratios of the k-th steps of both. These were taken in the same round of turns, so that a
/// slow minute of the machine is in both and cancels; in the quotient of two medians it does not. Both
/// samples are in the order of time; what one has more of than the other is left out. Empty without steps, or
/// where one took no time.
std::optional<double> median_ratio(std::span<const double> numerator, std::span<const double> denominator);

/// The 95 % interval of median_ratio(): the rank-based one of the median of these ratios (the sign test's;
/// Conover 1999, §3.2 and §3.4), which assumes nothing of their shape. Ratios that are like the one before
/// tell less than independent ones: where autocorrelation() finds a correlation r, n of them count as
/// n(1-r)/(1+r) (Bayley & Hammersley 1946), and the ends are the quantiles that so many would give. Empty
/// where they count as fewer than 6, or where a step took no time.
std::optional<Interval> ratio_interval(std::span<const double> numerator,
                                       std::span<const double> denominator);

}  // namespace cnnbench
