#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/measure/statistics.h"

namespace cnnbench {

/// Width of the console that all text is made for, in columns.
inline constexpr std::size_t console_width = 100;

/// Columns that UTF-8 text takes on a console, one a code point ('±', 'µ' and '×' take one column and two
/// bytes).
std::size_t display_width(std::string_view text);

/// The text where it fits into `width` columns, else its beginning with '…' as the last column.
std::string fit(std::string_view text, std::size_t width);

/// The text with spaces added to `width` columns, on its left or on its right.
std::string pad_left(std::string_view text, std::size_t width);
std::string pad_right(std::string_view text, std::size_t width);

std::string join(std::span<const std::string> texts, std::string_view separator);

/// "138,357,544".
std::string grouped(std::int64_t value);

/// "1 rank", "2 ranks".
std::string counted(std::int64_t count, std::string_view noun);

/// A rate or a size with three to four digits: "0.123", "1.23", "123.4", "12,345"; "-" where it is not
/// finite.
std::string short_number(double value);

/// "30.9 GFLOP": a number with a unit and its prefix, from none to P.
std::string scaled(double value, std::string_view unit);

/// "1.32 GiB", "56.2 MiB": a size in bytes, in the largest of B, KiB, MiB, GiB and TiB that it fills.
std::string binary_size(double bytes);

/// "16.3×", "1.75×", "0.17×", "1×"; "-" where the divisor is not positive.
std::string ratio(double value, double divisor);

/// "12.3" for 0.123; "-" where undefined.
std::string percent(std::optional<double> share);

/// A unit of time: value in the unit = seconds / unit.seconds.
struct TimeUnit {
  std::string_view name;
  double seconds = 1;
};

/// s from 1 s on, ms from 1 ms on, else µs.
TimeUnit unit_for(double seconds);

/// A measured time as tables show it.
struct TimeValue {
  double seconds = 0;
  std::optional<double> sd;
};

/// How the spread of a time is shown: in the unit of the time, in per cent of it, or not at all.
enum class Spread { sd, percent, none };

/// The unit and the decimals that several columns of times share.
struct TimeScale {
  TimeUnit unit;
  int decimals = 3;
};

/// The unit that suits the median of the values; as many decimals as the smallest value and the smallest sd
/// need, fewer where the largest value is long, at least one and at most three (four in seconds).
TimeScale time_scale(std::span<const std::optional<TimeValue>> values, Spread spread);

/// One table column of times.
struct TimeColumn {
  std::string unit;                ///< "ms ± sd", "ms ±%", "ms"
  std::vector<std::string> cells;  ///< equally wide, '±' below '±'; "-" where there is no value
};
TimeColumn time_column(std::span<const std::optional<TimeValue>> values, Spread spread,
                       const TimeScale& scale);

/// "1.233 s": a single time in its own unit with `decimals` decimals.
std::string format_time(double seconds, int decimals = 3);

/// Total time over the number of steps, which rates are taken over.
double seconds_a_step(const Summary& summary);

/// FLOPs of one step over `seconds`, in GFLOP/s; empty where either is 0.
std::optional<double> gflops_per_second(std::int64_t flops, double seconds);

/// Prints phrases one after the other, parted by `separator`, on lines of console_width that begin with
/// `indent`; lines break between phrases, and within one only where it is longer than a line.
void print_phrases(std::ostream& out, std::span<const std::string> phrases, std::string_view separator,
                   std::string_view indent, std::string_view first_indent);

/// Prints text on lines of console_width, broken at spaces; `first_indent` leads the first line, `indent` the
/// others.
void print_wrapped(std::ostream& out, std::string_view text, std::string_view indent,
                   std::string_view first_indent);

}  // namespace cnnbench
