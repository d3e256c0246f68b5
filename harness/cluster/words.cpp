#include "harness/cluster/words.h"

#include <fmt/format.h>

#include <cstddef>

namespace cnnbench {

std::string numbers_in_words(const std::vector<int>& numbers) {
  std::vector<std::string> parts;
  for (std::size_t first = 0; first < numbers.size();) {
    std::size_t end = first + 1;
    while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1) ++end;
    if (end - first > 2) {
      parts.push_back(fmt::format("{}-{}", numbers[first], numbers[end - 1]));
    } else {
      for (std::size_t i = first; i < end; ++i) parts.push_back(std::to_string(numbers[i]));
    }
    first = end;
  }
  std::string words;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) words += i + 1 == parts.size() ? " and " : ", ";
    words += parts[i];
  }
  return words;
}

std::string name_numbers(std::string_view noun, const std::vector<int>& numbers) {
  return fmt::format("{}{} {}", noun, numbers.size() == 1 ? "" : "s", numbers_in_words(numbers));
}

std::string count_of(int count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace cnnbench
