#include "harness/measure/ratio_interval.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "harness/measure/sample_flags.h"

namespace cnnbench {

namespace {

/// Of the k-th steps; empty where a step took no time.
std::vector<double> ratios_of(std::span<const double> numerator, std::span<const double> denominator) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < std::min(numerator.size(), denominator.size()); ++i) {
    if (!(numerator[i] > 0) || !(denominator[i] > 0)) return {};
    ratios.push_back(numerator[i] / denominator[i]);
  }
  return ratios;
}

}  // namespace

std::optional<double> median_ratio(std::span<const double> numerator, std::span<const double> denominator) {
  std::vector<double> ratios = ratios_of(numerator, denominator);
  if (ratios.empty()) return std::nullopt;
  std::sort(ratios.begin(), ratios.end());
  return quantile(ratios, 0.5);
}

std::optional<Interval> ratio_interval(std::span<const double> numerator,
                                       std::span<const double> denominator) {
  std::vector<double> ratios = ratios_of(numerator, denominator);
  const auto n = static_cast<double>(ratios.size());
  const double correlation = autocorrelation(ratios).value_or(0);
  const double worth = std::floor(n * (1 - correlation) / (1 + correlation));
  MedianIntervalRank rank(0.025);
  for (double i = 0; i < worth; ++i) rank.next();
  if (rank.lower() == 0) return std::nullopt;
  // The k-th of m values is at the quantile k / (m + 1), on average.
  const double quantile = static_cast<double>(rank.lower()) / (worth + 1);
  constexpr double rounding = 1e-9;
  const auto low = static_cast<std::size_t>(std::max(1.0, quantile * (n + 1) + rounding)) - 1;

  std::sort(ratios.begin(), ratios.end());
  return Interval{ratios[low], ratios[ratios.size() - 1 - low]};
}

}  // namespace cnnbench
