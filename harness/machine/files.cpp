#include "harness/machine/files.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <iterator>
#include <memory>
#include <sstream>

namespace cnnbench {
namespace {

constexpr std::string_view kSpace = " \t\r\n";
constexpr std::int64_t kMostCpus = 1 << 16;

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace

std::optional<std::string> read_text(const std::filesystem::path& file) {
  // Not a stream: files of /sys may open and then fail to be read, for which a stream buffer throws.
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(std::fopen(file.c_str(), "rb"), std::fclose);
  if (!stream) return std::nullopt;
  std::string text;
  char part[4096];
  while (const std::size_t count = std::fread(part, 1, sizeof part, stream.get())) text.append(part, count);
  if (std::ferror(stream.get())) return std::nullopt;
  text.erase(text.find_last_not_of(kSpace) + 1);
  return text;
}

std::optional<std::int64_t> to_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> read_integer(const std::filesystem::path& file) {
  const std::optional<std::string> text = read_text(file);
  return text ? to_integer(*text) : std::nullopt;
}

std::optional<std::string> find_value(std::string_view text, std::string_view key, char separator) {
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line = text.substr(start, end - start);
    const std::size_t middle = line.find(separator);
    if (middle != std::string_view::npos && trim(line.substr(0, middle)) == key) {
      return std::string(trim(line.substr(middle + 1)));
    }
    start = end + 1;
  }
  return std::nullopt;
}

std::vector<std::string> split_words(std::string_view text) {
  std::istringstream stream{std::string(text)};
  return {std::istream_iterator<std::string>(stream), {}};
}

std::vector<int> parse_cpu_list(std::string_view text) {
  std::vector<int> cpus;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find(',', start), text.size());
    const std::string_view part = trim(text.substr(start, end - start));
    const std::size_t dash = part.find('-');
    const auto first = to_integer(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : to_integer(part.substr(dash + 1));
    if (!first || !last || *first < 0 || *last >= kMostCpus) return {};
    for (std::int64_t cpu = *first; cpu <= *last; ++cpu) cpus.push_back(static_cast<int>(cpu));
    start = end + 1;
  }
  return cpus;
}

}  // namespace cnnbench
