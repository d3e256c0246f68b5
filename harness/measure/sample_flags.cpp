#include "harness/measure/sample_flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "harness/measure/statistics.h"

namespace cnnbench {
namespace {

constexpr double two_sided_1_percent = 2.576;  // of the standard normal distribution; one-sided 0.5 %
constexpr std::size_t least_quarter = 5;
constexpr std::size_t least_for_autocorrelation = 20;
constexpr std::size_t longest_lag = 20;
constexpr double one_sided_half_percent = 0.005;
constexpr double least_drift = 0.01;

/// Ranks from 1; equal values share the mean of theirs.
std::vector<double> ranks_of(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t next = first + 1;
    while (next < order.size() && values[order[next]] == values[order[first]]) ++next;
    const double shared = (static_cast<double>(first + next) + 1) / 2;
    for (std::size_t i = first; i < next; ++i) ranks[order[i]] = shared;
    first = next;
  }
  return ranks;
}

/// |z| of the Mann–Whitney U of two samples of equal size.
double mann_whitney_z(std::span<const double> a, std::span<const double> b) {
  std::vector<double> both(a.begin(), a.end());
  both.insert(both.end(), b.begin(), b.end());
  const std::vector<double> ranks = ranks_of(both);
  const auto n = static_cast<double>(a.size());
  const double u =
      std::accumulate(ranks.begin(), ranks.begin() + static_cast<std::ptrdiff_t>(a.size()), 0.0) -
      n * (n + 1) / 2;
  return std::abs(u - n * n / 2) / std::sqrt(n * n * (2 * n + 1) / 12);
}

}  // namespace

std::optional<double> drift(std::span<const double> steps) {
  const std::size_t quarter = steps.size() / 4;
  if (quarter < least_quarter) return {};
  const auto first = steps.first(quarter);
  const auto last = steps.last(quarter);
  const double difference = median_of(last) / median_of(first) - 1;
  if (!(std::abs(difference) > least_drift) || mann_whitney_z(first, last) <= two_sided_1_percent) return {};
  return difference;
}

std::optional<Autocorrelation> autocorrelation(std::span<const double> steps) {
  if (steps.size() < least_for_autocorrelation) return {};
  const std::vector<double> ranks = ranks_of(steps);
  const auto n = static_cast<double>(steps.size());
  const double mean = (n + 1) / 2;
  double variance = 0;
  for (const double rank : ranks) variance += (rank - mean) * (rank - mean);
  if (variance == 0) return {};
  const std::size_t lags = std::min(longest_lag, steps.size() / 4);
  std::optional<Autocorrelation> largest;
  for (std::size_t lag = 1; lag <= lags; ++lag) {
    double covariance = 0;
    for (std::size_t i = lag; i < ranks.size(); ++i)
      covariance += (ranks[i] - mean) * (ranks[i - lag] - mean);
    const double correlation = covariance / variance;
    // Half of the chance is for the step before, which is the most likely one.
    const double chance = one_sided_half_percent / 2 / static_cast<double>(lag == 1 ? 1 : lags - 1);
    if (0.5 * std::erfc(correlation * std::sqrt(n / 2)) > chance) continue;
    if (!largest || correlation > largest->correlation) largest = {correlation, lag};
  }
  return largest;
}

std::vector<Flag> sample_flags(std::span<const double> samples, const Summary& summary) {
  std::vector<Flag> flags;
  if (summary.outliers > 0)
    flags.push_back({"outliers",
                     fmt::format("{} of {} steps {} (kept)", summary.outliers, summary.n,
                                 summary.outliers == 1 ? "is an outlier" : "are outliers"),
                     static_cast<double>(summary.outliers)});
  if (const auto difference = drift(samples))
    flags.push_back({"drift",
                     fmt::format("the last quarter of the steps took {:.1f} % {} than the first",
                                 100 * std::abs(*difference), *difference > 0 ? "longer" : "less"),
                     std::abs(*difference)});
  if (const auto found = autocorrelation(samples))
    flags.push_back(
        {"autocorrelation",
         fmt::format("steps are like {} (rank autocorrelation {:.2f}), and count for fewer: the "
                     "median's interval allows for it",
                     found->lag == 1 ? "the step before" : fmt::format("those {} before", found->lag),
                     found->correlation),
         found->correlation});
  return flags;
}

}  // namespace cnnbench
