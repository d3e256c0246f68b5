#include "harness/measure/ratio_of_medians.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "harness/measure/sample_flags.h"

namespace cnnbench {

std::optional<Interval> bounds_of_median(std::span<const double> samples) {
  const auto n = static_cast<double>(samples.size());
  const double correlation = autocorrelation(samples).value_or(0);
  const double worth = std::floor(n * (1 - correlation) / (1 + correlation));
  MedianIntervalRank rank(0.05 / 4);  // two medians, two sides
  for (double i = 0; i < worth; ++i) rank.next();
  if (rank.lower() == 0) return std::nullopt;
  // The k-th of m values is at the quantile k / (m + 1), on average.
  const double quantile = static_cast<double>(rank.lower()) / (worth + 1);
  constexpr double rounding = 1e-9;
  const auto low = static_cast<std::size_t>(std::max(1.0, quantile * (n + 1) + rounding)) - 1;

  std::vector<double> sorted(samples.begin(), samples.end());
  std::sort(sorted.begin(), sorted.end());
  return Interval{sorted[low], sorted[sorted.size() - 1 - low]};
}

std::optional<Interval> ratio_of_medians(const std::optional<Interval>& numerator,
                                         const std::optional<Interval>& denominator) {
  if (!numerator || !denominator || !(numerator->low > 0) || !(denominator->low > 0)) return std::nullopt;
  return Interval{numerator->low / denominator->high, numerator->high / denominator->low};
}

}  // namespace cnnbench
