#pragma once

#include <string>
#include <vector>

#include "harness/measure/measuring_loop.h"
#include "harness/measure/record.h"

namespace cnnbench {

/// The flags that follow from how the ranks' steps lie to one another:
/// - imbalance: the slowest rank takes more than 1.1 times as long as the median of the others; named is the
///   rank that is slowest most often, and its host where `hosts` (a rank) is not empty;
/// - waiting: from the first start to the last end the steps take more than 1.1 times as long as the longest
///   rank;
/// - between steps: the bursts take more than 1.25 times as long as their steps, and more than 0.2 ms a gap
/// is
///   lost, which is more than barrier, gathering and decision take on one machine;
/// - clock error: starts of different nodes may be off by more than 2 % of the median step.
std::vector<Flag> rank_flags(const Samples& samples, const std::vector<std::string>& hosts);

}  // namespace cnnbench
