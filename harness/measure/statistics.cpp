#include "harness/measure/statistics.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "harness/measure/batches.h"
#include "harness/measure/student_t.h"

namespace cnnbench {

void CompensatedSum::add(double value) {
  const double rounded = sum + value;
  const double added = rounded - sum;
  error += (sum - (rounded - added)) + (value - added);
  sum = rounded;
}

void Welford::add(double value) {
  ++count_;
  const auto n = static_cast<double>(count_);
  const double deviation = (value - mean_.sum) - mean_.error;
  mean_.add(deviation / n);
  sum_of_squares_.add(deviation * deviation * ((n - 1) / n));
}

void Welford::merge(const Welford& other) {
  if (other.count_ == 0) return;
  if (count_ == 0) {
    *this = other;
    return;
  }
  const auto mine = static_cast<double>(count_);
  const auto theirs = static_cast<double>(other.count_);
  const double n = mine + theirs;
  const double distance = (other.mean_.sum - mean_.sum) + (other.mean_.error - mean_.error);
  sum_of_squares_.add(other.sum_of_squares_.sum);
  sum_of_squares_.add(other.sum_of_squares_.error);
  sum_of_squares_.add(distance * distance * (mine * theirs / n));
  mean_.add(distance * (theirs / n));
  count_ += other.count_;
}

std::optional<double> Welford::variance() const {
  if (count_ < 2) return std::nullopt;
  return sum_of_squares_.value() / static_cast<double>(count_ - 1);
}

double quantile(std::span<const double> sorted, double q) {
  if (sorted.empty()) throw std::invalid_argument("a quantile needs at least one sample");
  if (!(q >= 0 && q <= 1)) throw std::invalid_argument("a quantile is between 0 and 1");
  const double position = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  if (below + 1 >= sorted.size()) return sorted.back();
  return sorted[below] + (position - std::floor(position)) * (sorted[below + 1] - sorted[below]);
}

double median_of(std::span<const double> samples) {
  std::vector<double> sorted(samples.begin(), samples.end());
  std::sort(sorted.begin(), sorted.end());
  return quantile(sorted, 0.5);
}

// With one coin toss more, P_n+1(X <= j) = P_n(X <= j) - P_n(X = j) / 2, which only falls: the largest j that
// keeps to the bound never goes back, and moves by one at most.
void MedianIntervalRank::next() {
  ++n_;
  const auto n = static_cast<double>(n_);
  if (below_ < 0) {
    const double no_heads = std::ldexp(1.0, -static_cast<int>(n_));  // below_ < 0 only for a few n
    if (no_heads > miss_) return;
    below_ = 0;
    probability_ = cumulative_ = no_heads;
    return;
  }
  const auto j = static_cast<double>(below_);
  cumulative_ -= probability_ / 2;
  probability_ *= n / (2 * (n - j));
  const double above = probability_ * (n - j) / (j + 1);
  if (cumulative_ + above <= miss_) {
    ++below_;
    probability_ = above;
    cumulative_ += above;
  }
}

std::int64_t median_interval_rank(std::span<const double> steps, double median, std::int64_t independent) {
  constexpr std::size_t least = 20;  // fewer make batches of one step, which tell nothing
  constexpr std::size_t fewest_batches = 5;
  constexpr std::size_t least_of_longer = 8;  // steps
  if (steps.size() < least) return independent;
  std::vector<double> below;  // 1 for a step below the median, 1/2 for one at it
  below.reserve(steps.size());
  for (const double step : steps) below.push_back(step < median ? 1 : step > median ? 0 : 0.5);
  const auto n = static_cast<double>(steps.size());
  const auto rank_by = [&](std::size_t batches) {
    const double reach = student_quantile(0.05, static_cast<double>(batches - 1)) *
                         standard_error(batch_means(below, batches));
    return static_cast<std::int64_t>(std::floor((0.5 - reach) * n));
  };
  std::size_t batches = batch_count(steps.size());
  std::int64_t rank = std::clamp<std::int64_t>(rank_by(batches), 0, independent);
  // Where steps hang together over longer than a batch, batches of twice the length say more. The extremes
  // hold all that the steps can tell.
  while (rank > 1 && (batches /= 2) >= fewest_batches && steps.size() >= batches * least_of_longer)
    rank = std::clamp<std::int64_t>(rank_by(batches), 1, rank);
  return rank;
}

std::optional<Interval> median_interval(std::span<const double> steps) {
  if (steps.empty()) return std::nullopt;
  std::vector<double> sorted(steps.begin(), steps.end());
  std::sort(sorted.begin(), sorted.end());
  MedianIntervalRank independent;
  for (std::size_t n = 0; n < sorted.size(); ++n) independent.next();
  const std::int64_t rank = median_interval_rank(steps, quantile(sorted, 0.5), independent.lower());
  if (rank == 0) return std::nullopt;
  const auto low = static_cast<std::size_t>(rank - 1);
  return Interval{sorted[low], sorted[sorted.size() - 1 - low]};
}

Summary summarize(std::span<const double> samples, double tick) {
  if (samples.empty()) throw std::invalid_argument("a summary needs at least one sample");
  Welford welford;
  CompensatedSum total;
  for (const double sample : samples) {
    welford.add(sample);
    total.add(sample);
  }
  std::vector<double> sorted(samples.begin(), samples.end());
  std::sort(sorted.begin(), sorted.end());

  Summary summary;
  summary.n = welford.count();
  summary.mean = welford.mean();
  if (const std::optional<double> variance = welford.variance()) summary.sd = std::sqrt(*variance);
  summary.median = quantile(sorted, 0.5);
  summary.median_interval = median_interval(samples);
  summary.min = sorted.front();
  summary.max = sorted.back();
  summary.lower_quartile = quantile(sorted, 0.25);
  summary.upper_quartile = quantile(sorted, 0.75);
  summary.p95 = quantile(sorted, 0.95);
  summary.p99 = quantile(sorted, 0.99);
  summary.total = total.value();

  std::vector<double>& deviations = sorted;
  for (double& sample : deviations) sample = std::abs(sample - summary.median);
  std::sort(deviations.begin(), deviations.end());
  summary.mad = quantile(deviations, 0.5);
  constexpr double sds_a_mad = 1.4826;  // of a normal distribution
  const double reach = 3.5 * std::max(sds_a_mad * summary.mad, tick);
  summary.outliers = deviations.end() - std::upper_bound(deviations.begin(), deviations.end(), reach);
  return summary;
}

}  // namespace cnnbench
