#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "harness/measure/record.h"

namespace cnnbench {

/// The choices in a result.json, or in JSON of the form {"choices": [{"backend", "key", "chosen"}, …]}: what
/// is said beside these is left out. `name` is for messages. Throws UserError with the place of what is
/// wrong.
std::vector<Choice> read_choices(std::istream& in, const std::string& name);

}  // namespace cnnbench
