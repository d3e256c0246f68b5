#pragma once

#include <cstdint>
#include <optional>

#include "harness/cluster/cluster.h"

namespace cnnbench {

/// The largest memory that one rank of an experiment took in each phase, its backends' own processes
/// included: the largest over the ranks, and over the backends that were prepared and verified. Empty where a
/// phase did not take place or /proc does not tell.
struct MemoryPeaks {
  double estimated_bytes = 0;  ///< of the whole experiment, before it began
  std::optional<std::int64_t> prepare_bytes;
  std::optional<std::int64_t> verify_bytes;
  std::optional<std::int64_t> measure_bytes;
  bool phases_apart = true;  ///< else a phase's figure is the largest since the start of the program

  /// The largest of the phases.
  std::optional<std::int64_t> largest() const;
};

/// Watches one rank's memory phase by phase.
class MemoryWatch {
 public:
  void phase_begins();
  void prepared() { keep(local_.prepare_bytes); }
  void verified() { keep(local_.verify_bytes); }
  void measured() { keep(local_.measure_bytes); }

  /// The largest over the ranks; complete on rank 0. Collective.
  MemoryPeaks over_ranks(Cluster& cluster) const;

 private:
  static void keep(std::optional<std::int64_t>& most);

  MemoryPeaks local_;
};

}  // namespace cnnbench
