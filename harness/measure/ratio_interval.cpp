#include "harness/measure/ratio_interval.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "harness/measure/batches.h"
#include "harness/measure/student_t.h"
#include "harness/measure/turns.h"

namespace cnnbench {

namespace {

constexpr std::size_t least_bursts = 4;
constexpr std::size_t most_batches = 20;
constexpr double most_degrees = 1e4;  // as good as infinitely many

/// Of the k-th bursts; empty where one took no time.
std::vector<double> log_ratios(std::span<const double> numerator, std::span<const double> denominator) {
  const std::size_t steps = std::min(numerator.size(), denominator.size());
  const std::size_t length = std::min<std::size_t>(steps, Turns::burst);
  std::vector<double> ratios;
  for (std::size_t first = 0; length > 0 && first + length <= steps; first += length) {
    const double above = median_of(numerator.subspan(first, length));
    const double below = median_of(denominator.subspan(first, length));
    if (!(above > 0) || !(below > 0)) return {};
    ratios.push_back(std::log(above / below));
  }
  return ratios;
}

}  // namespace

double placement_sd(int instances, double seconds) {
  constexpr double seconds_of_one_instance = 1e-6;
  constexpr double share_of_one_instance = 0.05;
  if (instances >= enough_instances) return least_placement_sd;
  return std::hypot(least_placement_sd, std::hypot(share_of_one_instance, seconds_of_one_instance / seconds) /
                                            std::sqrt(std::max(1, instances)));
}

std::optional<TurnsRatio> compare_turns(std::span<const double> numerator,
                                        std::span<const double> denominator, double placement_sd,
                                        int instances) {
  std::vector<double> ratios = log_ratios(numerator, denominator);
  if (ratios.empty()) return std::nullopt;
  const std::size_t n = ratios.size();
  const std::size_t cut = n / 5;  // from each end
  std::vector<double> sorted = ratios;
  std::sort(sorted.begin(), sorted.end());
  const double kept = static_cast<double>(n - 2 * cut);
  const double mean = std::accumulate(sorted.begin() + static_cast<std::ptrdiff_t>(cut),
                                      sorted.end() - static_cast<std::ptrdiff_t>(cut), 0.0) /
                      kept;
  TurnsRatio result{std::exp(mean), {}, {}};
  if (n < least_bursts) return result;

  const double share = kept / static_cast<double>(n);
  for (double& ratio : ratios) ratio = std::clamp(ratio, sorted[cut], sorted[n - 1 - cut]);
  std::size_t count = std::min(n, most_batches);
  if (instances >= enough_instances) count = std::min(count, static_cast<std::size_t>(instances));
  const std::vector<double> batches = batch_means(ratios, count);
  const double error = standard_error(batches) / share;
  const double total = std::hypot(error, placement_sd);
  // Of a sum of variances, one of which is known (Satterthwaite 1946).
  const double known = (share * static_cast<double>(batches.size()) - 1) * std::pow(total / error, 4);
  const double degrees = error > 0 ? std::min(most_degrees, known) : most_degrees;
  const double reach = student_quantile(0.05, degrees) * total;
  result.interval = Interval{std::exp(mean - reach), std::exp(mean + reach)};
  if (total > 0)
    result.p = student_p(std::abs(mean) / total, degrees);
  else
    result.p = mean == 0 ? 1 : 0;
  return result;
}

std::vector<double> holm(std::span<const double> ps) {
  std::vector<std::size_t> order(ps.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return ps[a] < ps[b]; });
  std::vector<double> corrected(ps.size());
  double largest = 0;
  for (std::size_t done = 0; done < order.size(); ++done) {
    largest = std::max(largest, std::min(1.0, static_cast<double>(ps.size() - done) * ps[order[done]]));
    corrected[order[done]] = largest;
  }
  return corrected;
}

}  // namespace cnnbench
