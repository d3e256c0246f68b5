#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cnnbench {

/// Sorted numbers as people write them: "3", "0 and 1", "0, 2 and 5", "0-7", "0-3 and 8-11".
std::string numbers_in_words(const std::vector<int>& numbers);

/// "core 3", "cores 0-7": the noun, in the number that fits, and the numbers.
std::string name_numbers(std::string_view noun, const std::vector<int>& numbers);

/// "1 core", "8 cores".
std::string count_of(int count, std::string_view noun);

}  // namespace cnnbench
