#pragma once

#include <vector>

#include "harness/report/backend_comparison.h"

namespace cnnbench {

/// Marks the fastest (see BackendTime::fastest) in the rows of one table, which are one family of tests: the
/// chance that any difference in them is told where there is none is at most 5 %.
void mark_fastest(const std::vector<BackendRow*>& rows);

}  // namespace cnnbench
