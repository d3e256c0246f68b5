#pragma once

#include <optional>
#include <span>

#include "harness/measure/statistics.h"

namespace cnnbench {

/// An interval that holds the median with 97.5 %: two of them hold two medians with 95 % together, whatever
/// ties the samples to each other (Bonferroni's inequality), so also where a machine's slow minutes fall on
/// both. It is the rank-based interval of median_interval at that coverage (Conover 1999, §3.2). Steps that
/// are like the step before tell less than independent ones: where autocorrelation() finds a correlation r,
/// the n steps count as n(1-r)/(1+r) (Bayley & Hammersley 1946), and the ends are the quantiles that so many
/// steps would give. `samples` are in the order of time. Empty where they count as fewer than 7.
std::optional<Interval> bounds_of_median(std::span<const double> samples);

/// The interval, of at least 95 %, of one median over another, both from bounds_of_median. Empty where either
/// is or where one of the ends is not above 0.
std::optional<Interval> ratio_of_medians(const std::optional<Interval>& numerator,
                                         const std::optional<Interval>& denominator);

}  // namespace cnnbench
