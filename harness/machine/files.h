#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cnnbench {

/// Small readers of /proc and /sys. What cannot be read is empty, never an error: containers and other
/// kernels lack many of these files. All that read system files take the `root` they are found under, so that
/// tests can use a tree of their own.

/// A file's text without the white space at its end.
std::optional<std::string> read_text(const std::filesystem::path& file);

/// A file's text as one whole number.
std::optional<std::int64_t> read_integer(const std::filesystem::path& file);

/// The whole text as a number; empty where anything else is in it.
std::optional<std::int64_t> to_integer(std::string_view text);

/// The value of the first line "key<separator> value" of a text such as /proc/meminfo, without the white
/// space around it.
std::optional<std::string> find_value(std::string_view text, std::string_view key, char separator = ':');

/// Parts of a text between white space.
std::vector<std::string> split_words(std::string_view text);

/// The kernel's list of CPUs: "0-2,5" is 0, 1, 2, 5. Empty where it is not one.
std::vector<int> parse_cpu_list(std::string_view text);

}  // namespace cnnbench
