#include "harness/report/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ostream>

namespace cnnbench {
namespace {

bool begins_code_point(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
}

constexpr std::string_view whitespace = " \n\r\t";

/// The next word of `text` from `position` on, which is moved past it; empty at the end.
std::string_view next_word(std::string_view text, std::size_t& position) {
  const std::size_t start = std::min(text.find_first_not_of(whitespace, position), text.size());
  position = std::min(text.find_first_of(whitespace, start), text.size());
  return text.substr(start, position - start);
}

}  // namespace

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_code_point));
}

std::string fit(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  if (width == 0) return "";
  std::size_t kept = 0, bytes = 0;
  for (; bytes < text.size(); ++bytes)
    if (begins_code_point(text[bytes]) && ++kept == width) break;
  return std::string(text.substr(0, bytes)) + "…";
}

std::string pad_left(std::string_view text, std::size_t width) {
  const std::size_t used = display_width(text);
  return std::string(used < width ? width - used : 0, ' ') + std::string(text);
}

std::string pad_right(std::string_view text, std::size_t width) {
  const std::size_t used = display_width(text);
  return std::string(text) + std::string(used < width ? width - used : 0, ' ');
}

std::string join(std::span<const std::string> texts, std::string_view separator) {
  return fmt::format("{}", fmt::join(texts.begin(), texts.end(), separator));
}

std::string grouped(std::int64_t value) {
  std::string digits = std::to_string(value);
  const std::size_t first = value < 0 ? 1 : 0;
  for (std::size_t i = digits.size(); i > first + 3;) digits.insert(i -= 3, ",");
  return digits;
}

std::string counted(std::int64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", grouped(count), noun, count == 1 ? "" : "s");
}

std::string short_number(double value) {
  if (!std::isfinite(value)) return "-";
  const double size = std::abs(value);
  if (size >= 999.95 && size < 1e18) return grouped(std::llround(value));
  if (size >= 9.995) return fmt::format("{:.1f}", value);
  return fmt::format("{:.{}f}", value, size >= 0.9995 ? 2 : 3);
}

std::string scaled(double value, std::string_view unit) {
  constexpr std::string_view prefixes[] = {"", "k", "M", "G", "T", "P"};
  std::size_t prefix = 0;
  while (std::abs(value) >= 1000 && prefix + 1 < std::size(prefixes)) {
    value /= 1000;
    ++prefix;
  }
  return fmt::format("{} {}{}", short_number(value), prefixes[prefix], unit);
}

std::string binary_size(double bytes) {
  constexpr std::string_view units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (std::abs(bytes) >= 1024 && unit + 1 < std::size(units)) {
    bytes /= 1024;
    ++unit;
  }
  return fmt::format("{} {}", short_number(bytes), units[unit]);
}

std::string ratio(double value, double divisor) {
  if (!(divisor > 0) || !std::isfinite(value)) return "-";
  const double quotient = value / divisor;
  if (quotient == 0 || quotient == 1) return fmt::format("{:.0f}×", quotient);
  if (quotient >= 99.95) return grouped(std::llround(quotient)) + "×";
  if (quotient >= 9.995) return fmt::format("{:.1f}×", quotient);
  if (quotient >= 0.995) return fmt::format("{:.2f}×", quotient);
  return fmt::format("{:.2g}×", quotient);
}

std::string percent(std::optional<double> share) {
  return share && std::isfinite(*share) ? fmt::format("{:.1f}", 100 * *share) : "-";
}

void print_wrapped(std::ostream& out, std::string_view text, std::string_view indent,
                   std::string_view first_indent) {
  std::string line(first_indent);
  bool empty = true;
  std::size_t position = 0;
  while (true) {
    const std::string_view word = next_word(text, position);
    if (word.empty()) break;
    if (!empty && display_width(line) + 1 + display_width(word) > console_width) {
      out << line << '\n';
      line = indent;
      empty = true;
    }
    if (!empty) line += ' ';
    line += word;
    empty = false;
  }
  out << line << '\n';
}

void print_phrases(std::ostream& out, std::span<const std::string> phrases, std::string_view separator,
                   std::string_view indent, std::string_view first_indent) {
  std::string line;
  std::string_view lead = first_indent;
  const auto flush = [&] {
    print_wrapped(out, line, indent, lead);
    lead = indent;
    line.clear();
  };
  // Ends of lines keep the separator without its trailing space.
  const std::string_view mark = separator.substr(0, separator.find_last_not_of(' ') + 1);
  for (std::size_t i = 0; i < phrases.size(); ++i) {
    const std::string phrase = phrases[i] + std::string(i + 1 < phrases.size() ? mark : "");
    if (!line.empty() &&
        display_width(lead) + display_width(line) + 1 + display_width(phrase) > console_width)
      flush();
    if (!line.empty()) line += ' ';
    line += phrase;
  }
  if (!line.empty()) flush();
}

}  // namespace cnnbench
