#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace cnnbench {

/// A sum that carries its rounding error along (Neumaier 1974, with the TwoSum of Knuth 1969): about twice
/// the digits.
struct CompensatedSum {
  double sum = 0;
  double error = 0;  ///< what `sum` lost to rounding

  void add(double value);
  double value() const { return sum + error; }
};

/// Running mean and variance (Welford 1962), mergeable (Chan, Golub & LeVeque 1979). In plain double the
/// rounding of the running mean enters every deviation from it: for a million steps of 1 s ± 10 ns the sd is
/// off by 5e-9 relative, and by 7e-4 where the steps drift from one end to the other. So the mean and the sum
/// of squares carry their rounding errors along; then mean and sd equal a two-pass computation to 1e-12
/// relative and better.
class Welford {
 public:
  void add(double value);
  void merge(const Welford& other);
  std::int64_t count() const { return count_; }
  double mean() const { return mean_.value(); }
  /// Sample variance (n - 1); undefined for n < 2.
  std::optional<double> variance() const;

 private:
  std::int64_t count_ = 0;
  CompensatedSum mean_;
  CompensatedSum sum_of_squares_;  ///< of the deviations from the mean
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
  std::optional<Interval> median_interval;  ///< 95 %: see median_interval()
  double min = 0;
  double max = 0;
  double lower_quartile = 0;
  double upper_quartile = 0;
  double p95 = 0;
  double p99 = 0;
  double mad = 0;  ///< median absolute deviation from the median, not scaled
  /// Away from the median by more than 3.5 times 1.4826·mad (Iglewicz & Hoaglin 1993), or 3.5 ticks of the
  /// clock where that is more; kept in all other figures.
  std::int64_t outliers = 0;
  double total = 0;  ///< sum of the samples: rates are total work over this
};

/// Of samples in the order of time. `tick` is the resolution of the clock that they come from. Throws
/// std::invalid_argument for no samples.
Summary summarize(std::span<const double> samples, double tick = 0);

/// Quantile q of sorted samples by linear interpolation (Hyndman & Fan 1996, type 7). Throws
/// std::invalid_argument for no samples and for q outside [0, 1].
double quantile(std::span<const double> sorted, double q);

/// Of samples in any order. Throws std::invalid_argument for none.
double median_of(std::span<const double> samples);

/// Where the 95 % interval of the median lies among n independent samples, sorted, for n = 0, 1, 2, … in
/// turn, in constant time a step.
class MedianIntervalRank {
 public:
  /// `miss` is the chance that the median lies below the interval, and that it lies above: 0.025 for 95 %.
  explicit MedianIntervalRank(double miss = 0.025) : miss_(miss) {}
  /// One sample more.
  void next();
  /// Rank of the lower end, from 1; the upper end is of rank n + 1 - lower(). 0 for n < 6 at 95 %.
  std::int64_t lower() const { return below_ + 1; }

 private:
  double miss_;
  std::int64_t n_ = 0;
  std::int64_t below_ = -1;  ///< the largest j with P(X <= j) <= miss, X binomial (n, 1/2); -1: none
  double probability_ = 0;   ///< P(X = below_)
  double cumulative_ = 0;    ///< P(X <= below_)
};

/// Distribution-free 95 % interval of the median of steps in the order of time: a symmetric pair of order
/// statistics. For independent steps it is the narrowest whose exact binomial coverage is at least 95 %
/// (Conover 1999, §3.2; Hoefler & Belli 2015), and never is it narrower. Steps that hang together over any
/// time short against the whole series tell less: the share of steps below the median varies more from one
/// part of the series to the next. That is measured in batches (see batch_count()), and in batches of twice
/// and four times the length while there are five of them, and the pair is that of the ranks between which
/// the widest of the share's 95 % t intervals lies (batch means: Schmeiser 1982; ranks from the variance of
/// the share: Asmussen & Glynn 2007, "Stochastic Simulation", §III.4). Fewer than 20 steps are taken for
/// independent, since nothing can be seen in them. Empty for n < 6, where no pair reaches 95 %, and where the
/// steps hang together so much that none does.
std::optional<Interval> median_interval(std::span<const double> steps);

/// The rank from 1 of the lower end of median_interval(); 0 where it is empty. `median` is that of the
/// steps, and `independent` the lower() of a MedianIntervalRank after as many.
std::int64_t median_interval_rank(std::span<const double> steps, double median, std::int64_t independent);

}  // namespace cnnbench
