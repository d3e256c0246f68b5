#pragma once

#include <iosfwd>
#include <vector>

#include "harness/measure/record.h"

namespace cnnbench {

/// One line for each kind of flag: how many of the times have it, and the worst of them.
void print_flags(std::ostream& out, const std::vector<const Record*>& records);

}  // namespace cnnbench
