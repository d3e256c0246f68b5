#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "harness/measure/ratio_interval.h"
#include "harness/measure/statistics.h"
#include "harness/report/report.h"

namespace cnnbench {

/// What one backend took for one row of a comparison, a step: all operations of a layer together, whatever it
/// splits or fuses them into. Ratios are of times: below 1 is faster.
struct BackendTime {
  std::optional<double> median;      ///< seconds; of the operations' sums, step by step. Empty: nothing ran
  std::optional<Interval> interval;  ///< of the median, 95 %, as in layers.csv
  std::vector<double> samples;       ///< seconds of every step, in the order of time; empty without turns
  int instances = 1;                 ///< of the program that took them
  std::optional<double> ratio;       ///< to the reference: see ratio_of()
  std::optional<Interval> ratio_interval;  ///< 95 %, of this row alone: see compare_turns()
  /// It has the smallest median of the row, or is not told apart from the one that has: the p of their ratio
  /// (see compare_turns()), corrected for all rows of the table and all backends in them (see holm()), is
  /// above 5 % or missing. Alone in its row: the difference to every other backend is told. None is, where no
  /// ratio has an interval.
  bool fastest = false;
  std::optional<double> gflops_per_second;  ///< of one rank
  std::string implementation;               ///< empty for sums and the network
  std::string reason;                       ///< why there is no median
};

/// A row: one time a backend, in the comparison's order.
struct BackendRow {
  std::string layer;  ///< empty for sums and the network
  /// Nothing: all of them, reorders too; else forward, backward data or backward weights alone.
  std::optional<Direction> direction;
  std::vector<BackendTime> times;

  /// At least two backends were measured, and each of them ran something for this row.
  bool compared = false;
  /// Index of the backend that is faster than every other; empty where it is too close to call.
  std::optional<std::size_t> winner() const;
};

/// The network of which every layer is run by the backend that is fastest there, forward and backward by the
/// same one: the sum of medians of the layers view. A bound, since data would have to be reordered between
/// backends, which nobody has timed. Where some backend runs nothing of its own for a layer (it has no work,
/// or is fused), that layer stays with the one before, so that no work is left out or done twice.
struct FastestPerLayer {
  double seconds = 0;
  std::vector<std::size_t> choice;           ///< for each layer's row, the backend
  std::vector<std::optional<double>> alone;  ///< for each backend the sum of medians of all its layers
  std::size_t best_alone = 0;                ///< the backend with the smallest of these
};

/// One network in one pass on several backends.
struct BackendComparison {
  std::string model;
  Pass pass = Pass::forward;
  std::vector<std::string> backends;   ///< in the order in which they were asked for
  std::size_t reference = 0;           ///< the first of them that was measured: ratios are to it
  std::vector<BackendRow> layers;      ///< the layers in the network's order, all directions
  std::vector<BackendRow> directions;  ///< each layer in each direction apart; empty in inference
  std::vector<BackendRow> sums;        ///< over the layers: in training each direction apart, then all
  std::optional<BackendRow> network;   ///< the network view
  std::optional<FastestPerLayer> fastest_per_layer;  ///< where two backends have times of layers

  /// The row that decides which backend is fastest as a whole: the network, else the sum of layers; null
  /// where there is neither.
  const BackendRow* whole() const;

  /// Whether any difference in it can be told: see BackendTime::fastest.
  bool has_intervals() const;
};

/// compare_turns() of two backends' steps.
std::optional<TurnsRatio> turns_of(const BackendTime& time, const BackendTime& base);

/// The ratio by turns of the steps that both took (see compare_turns()); of backends that took no turns, the
/// quotient of the medians.
double ratio_of(const BackendTime& time, const BackendTime& base);

/// Nothing unless the pass was asked of at least two backends and measured on one.
std::optional<BackendComparison> compare_backends(const Model& model, const PassReport& pass);

/// In sentences: which backend is fastest on the whole and in which layers, by how much, and what the fastest
/// per layer would bring. Which differences are told: see BackendTime::fastest.
std::vector<std::string> comparison_in_words(const BackendComparison& comparison);

}  // namespace cnnbench
