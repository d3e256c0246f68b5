#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/report/format.h"
#include "harness/report/report.h"

namespace cnnbench {
namespace {

constexpr TimeUnit units[] = {{"s", 1}, {"ms", 1e-3}, {"µs", 1e-6}};

/// Position of the first digit of a positive value: 0 for 1…9, -2 for 0.01.
int exponent(double value) {
  return static_cast<int>(std::floor(std::log10(value)));
}

std::string spread_text(const TimeValue& value, const TimeScale& scale, Spread spread) {
  if (spread == Spread::none || !value.sd || !std::isfinite(*value.sd)) return "";
  if (spread == Spread::sd) return fmt::format("{:.{}f}", *value.sd / scale.unit.seconds, scale.decimals);
  return value.seconds > 0 ? fmt::format("{:.1f}", 100 * *value.sd / value.seconds) : "";
}

}  // namespace

TimeUnit unit_for(double seconds) {
  const double size = std::abs(seconds);
  if (size >= 1 || !std::isfinite(size)) return units[0];
  return size >= 1e-3 ? units[1] : units[2];
}

TimeScale time_scale(std::span<const std::optional<TimeValue>> values, Spread spread) {
  std::vector<double> seconds;
  double smallest_sd = INFINITY;
  for (const auto& value : values) {
    if (!value || !std::isfinite(value->seconds) || value->seconds == 0) continue;
    seconds.push_back(std::abs(value->seconds));
    if (spread == Spread::sd && value->sd && *value->sd > 0) smallest_sd = std::min(smallest_sd, *value->sd);
  }
  if (seconds.empty()) return {units[1], 3};
  std::sort(seconds.begin(), seconds.end());
  const TimeUnit unit = unit_for(seconds[seconds.size() / 2]);
  int needed = 2 - exponent(seconds.front() / unit.seconds);
  if (std::isfinite(smallest_sd)) needed = std::max(needed, -exponent(smallest_sd / unit.seconds));
  const int allowed = std::max(2, 5 - exponent(seconds.back() / unit.seconds));
  return {unit, std::clamp(std::min(needed, allowed), 1, unit.seconds == 1 ? 4 : 3)};
}

TimeColumn time_column(std::span<const std::optional<TimeValue>> values, Spread spread,
                       const TimeScale& scale) {
  std::vector<std::string> means, spreads;
  std::size_t mean_width = 0, spread_width = 0;
  for (const auto& value : values) {
    const bool known = value && std::isfinite(value->seconds);
    means.push_back(known ? fmt::format("{:.{}f}", value->seconds / scale.unit.seconds, scale.decimals)
                          : "-");
    spreads.push_back(known ? spread_text(*value, scale, spread) : "");
    mean_width = std::max(mean_width, means.back().size());
    spread_width = std::max(spread_width, spreads.back().size());
  }
  TimeColumn column;
  const bool in_percent = spread == Spread::percent;  // closer, since training's table is short of room
  const std::string_view mark = in_percent ? " ±" : " ± ";
  column.unit = std::string(scale.unit.name) + (spread_width == 0 ? "" : in_percent ? " ±%" : " ± sd");
  for (std::size_t i = 0; i < means.size(); ++i) {
    std::string cell = pad_left(means[i], mean_width);
    if (!spreads[i].empty()) cell += std::string(mark) + pad_left(spreads[i], spread_width);
    column.cells.push_back(spread_width > 0 ? pad_right(cell, mean_width + display_width(mark) + spread_width)
                                            : cell);
  }
  return column;
}

std::string format_time(double seconds, int decimals) {
  if (!std::isfinite(seconds)) return "-";
  const TimeUnit unit = unit_for(seconds);
  return fmt::format("{:.{}f} {}", seconds / unit.seconds, decimals, unit.name);
}

std::string format_time_per_batch(const Summary& summary) {
  const TimeUnit unit = unit_for(summary.mean);
  // Three decimals, as the VGG16 script printed; more only where the sd would vanish in them.
  int decimals = 3;
  if (!summary.sd) return fmt::format("{:.{}f} {}/batch", summary.mean / unit.seconds, decimals, unit.name);
  const double sd = *summary.sd / unit.seconds;
  if (sd > 0 && sd < 0.0005) decimals = std::min(6, -exponent(sd));
  return fmt::format("{:.{}f} ± {:.{}f} {}/batch", summary.mean / unit.seconds, decimals, sd, decimals,
                     unit.name);
}

double seconds_a_step(const Summary& summary) {
  return summary.total / static_cast<double>(summary.n);
}

std::optional<double> gflops_per_second(std::int64_t flops, double seconds) {
  if (flops <= 0 || !(seconds > 0) || !std::isfinite(seconds)) return std::nullopt;
  return static_cast<double>(flops) / seconds / 1e9;
}

}  // namespace cnnbench
