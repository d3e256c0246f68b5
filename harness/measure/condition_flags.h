#pragma once

#include <span>
#include <vector>

#include "harness/measure/record.h"

namespace cnnbench {

/// The flags that follow from what the machine did in the meantime: more than 50 involuntary context switches
/// a second and core (an idle machine has some 20; two processes on one core, hundreds), throttling, more
/// than 1 % of the time stolen by the hypervisor, more than 5 % of it taken by other processes, and those of
/// canary_flags. `cores` are those of all ranks.
std::vector<Flag> condition_flags(const Conditions& conditions, int cores);

/// Cores slower than they were seen to be by more than 5 %, reading from cache or memory by more than 25 %.
std::vector<Flag> canary_flags(const Conditions& conditions);

/// Rates the canaries of all records by references that are known now (one a rank), and renews the flags that
/// follow from them.
void rate_canaries(PassReport& report, std::span<const CanaryTimes> references);

}  // namespace cnnbench
