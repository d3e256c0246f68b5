#pragma once

#include <optional>
#include <string>
#include <vector>

namespace cnnbench {

/// One line of CSV with its line feed; fields that hold a comma, a quote or a line break are quoted (RFC
/// 4180, but for the line feed, which is what tools on Unix expect).
std::string csv_row(const std::vector<std::string>& fields);

/// The shortest text that reads back as the same double; empty where undefined or not finite.
std::string csv_number(std::optional<double> value);

}  // namespace cnnbench
