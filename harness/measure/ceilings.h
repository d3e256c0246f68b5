#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/cluster/cluster.h"
#include "harness/machine/fma_peak.h"
#include "harness/measure/conditions.h"

namespace cnnbench {

/// What one rank can do at most, as measured several times in a run.
struct Ceilings {
  double fma_flops_per_second = 0;  ///< single-precision multiply-adds of one rank's threads, 2 FLOPs each
  std::string instruction_set;
  int threads = 0;
  std::vector<double> measured = {};  ///< every measurement of that rank, in their order; the best is above
};

/// Measures ceilings and the canaries' references at start-up and again later, on all ranks together, and
/// keeps the best of each rank: whatever disturbs a measurement makes it lower.
class CeilingWatch {
 public:
  /// `peak` measures this rank's multiply-adds; where it is empty (as without optimisation, where the result
  /// would be far too low) there are no ceilings. The probe has taken its first references; peaks are
  /// measured at once. All ranks call it together.
  CeilingWatch(Cluster& cluster, int threads, std::function<FmaPeak()> peak, ConditionsProbe& probe);

  /// Measures once more. All ranks call it together.
  void measure();

  /// Of the rank that has the lowest: steps wait for the slowest. On rank 0.
  const std::optional<Ceilings>& ceilings() const { return lowest_; }
  /// The canaries' shortest times, one a rank. On rank 0.
  const std::vector<CanaryTimes>& references() const { return references_; }
  /// In words, where one measurement is far from the best: peaks by more than 10 %, references of cores by
  /// more than 5 %, of reading by more than 25 %. On rank 0.
  std::vector<std::string> warnings() const;

 private:
  void measure_peak();

  Cluster& cluster_;
  int threads_;
  std::function<FmaPeak()> peak_;
  ConditionsProbe& probe_;
  FmaPeak best_;                  // of this rank
  std::vector<double> measured_;  // by this rank
  std::optional<Ceilings> lowest_;
  std::vector<CanaryTimes> first_references_;
  std::vector<CanaryTimes> references_;
};

}  // namespace cnnbench
