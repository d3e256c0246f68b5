#pragma once

#include <optional>
#include <span>
#include <vector>

#include "harness/measure/statistics.h"

namespace cnnbench {

/// How many times as long the steps of one subject take as those of another that took turns with it.
struct TurnsRatio {
  double ratio = 1;
  std::optional<Interval> interval;  ///< 95 %; empty with fewer than 4 bursts of each
  std::optional<double> p;           ///< two-sided, of "they take equally long"; empty with the interval
};

/// What is left of it in any case.
constexpr double least_placement_sd = 0.01;

/// With so many instances, the placement of memory is among the differences between batches.
constexpr int enough_instances = 8;

/// The spread of a ratio of two programs that is not in the samples, relative to it: of steps of so many
/// `seconds`, taken by so many instances of each (see Renewal). Measured: see docs/method.md. Where memory
/// lies costs up to a microsecond, or some per cent, more or less. Of one program that is compared with
/// itself it is all 0.
double placement_sd(int instances, double seconds);

/// The unit is the burst (see Turns): its steps share what happened just then, and are one observation. Of
/// the k-th bursts of both, taken in the same round, so that a slow minute of the machine is in both and
/// cancels, it takes the ratio of the median steps. Where both take equally long, its logarithm is as often
/// above 0 as below, in the same distances, whatever the shape of the times. The ratio is the geometric mean
/// over the rounds without the fifth with the largest and the fifth with the smallest ratios, so that a few
/// disturbed ones do not decide; its interval is that of the trimmed mean (Tukey & McLaughlin 1963; Yuen
/// 1974: Student's, of the values clamped to those kept), with the error from at most 20 batches of
/// successive rounds, since bursts may hang together too. With enough_instances of each program, which
/// followed one another for equally many rounds, each batch is one instance or more. `placement_sd` is the
/// spread, relative to the ratio, of what one launch cannot see; it is added to the error. Both samples are
/// in the order of time; steps of a burst that is not whole, and what one subject has more of than the other,
/// are left out; of less than one burst the steps that there are make one. Empty without steps, or where a
/// burst took no time.
std::optional<TurnsRatio> compare_turns(std::span<const double> numerator,
                                        std::span<const double> denominator,
                                        double placement_sd = least_placement_sd, int instances = 1);

/// Holm's step-down correction (1979) of the p of tests that are read together: the chance of even one false
/// alarm among them is at most 5 % where those at most 0.05 are believed. In the order of `ps`.
std::vector<double> holm(std::span<const double> ps);

}  // namespace cnnbench
