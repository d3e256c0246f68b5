#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace cnnbench {

/// Running mean and variance (Welford 1962), mergeable (Chan, Golub & LeVeque 1979).
class Welford {
 public:
  void add(double value);
  void merge(const Welford& other);
  std::int64_t count() const { return count_; }
  double mean() const { return mean_; }
  /// Sample variance (n - 1); undefined for n < 2.
  std::optional<double> variance() const;

 private:
  std::int64_t count_ = 0;
  double mean_ = 0;
  double sum_of_squares_ = 0;  ///< of the deviations from the mean
};

struct Interval {
  double low = 0;
  double high = 0;
};

/// What is reported of a set of samples. Undefined is empty, never 0.
struct Summary {
  std::int64_t n = 0;
  double mean = 0;
  std::optional<double> sd;  ///< sample standard deviation (n - 1); undefined for n < 2
  double median = 0;
  std::optional<Interval> median_interval;  ///< 95 %, from ranks; undefined for n < 6
  double min = 0;
  double max = 0;
  double lower_quartile = 0;
  double upper_quartile = 0;
  double p95 = 0;
  double p99 = 0;
  double mad = 0;  ///< median absolute deviation from the median, not scaled
  std::int64_t outliers =
      0;             ///< outside the quartiles by more than 1.5 times their distance (Tukey 1977); kept
  double total = 0;  ///< sum of the samples: rates are total work over this
};

/// Throws std::invalid_argument for no samples.
Summary summarize(std::span<const double> samples);

/// Quantile q of sorted samples by linear interpolation (Hyndman & Fan 1996, type 7).
double quantile(std::span<const double> sorted, double q);

/// Distribution-free 95 % interval of the median: the narrowest symmetric pair of order statistics whose
/// exact binomial coverage is at least 95 % (Conover 1999, §3.2; Hoefler & Belli 2015). Empty for n < 6,
/// where no pair reaches it.
std::optional<Interval> median_interval(std::span<const double> sorted);

}  // namespace cnnbench
