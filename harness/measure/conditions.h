#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "harness/cluster/cluster.h"
#include "harness/measure/clock.h"

namespace cnnbench {

/// What the machine did while something was timed, over all ranks. Empty: nobody looked, or nothing can tell.
struct Conditions {
  double seconds =
      0;  ///< that were watched: bursts of steps and what lies between them; longest over the ranks
  std::optional<std::int64_t> involuntary_switches;  ///< sum over the ranks
  std::optional<double> throttled_seconds;           ///< largest over the ranks
  /// Median time of the canary between blocks of steps over its time at start-up, of the slowest rank: 1.05
  /// where the cores run 5 % slower than then.
  std::optional<double> slowdown;
  /// Longest wait, before a block, until no thread of another subject ran any more; largest over the ranks.
  double settle_seconds = 0;
  std::int64_t unsettled_blocks = 0;  ///< that began although some still ran; largest over the ranks
};

/// Where conditions come from, on this rank; tests put a fake in its place.
class ConditionsProbe {
 public:
  virtual ~ConditionsProbe() = default;
  /// Counters of this process that only grow; NaN where unknown.
  struct Counters {
    double seconds = 0;  ///< of the clock
    double involuntary_switches = 0;
    double throttled_seconds = std::numeric_limits<double>::quiet_NaN();
  };
  virtual Counters counters() = 0;
  /// Time of the canary over its time at start-up.
  virtual double slowdown() = 0;
  struct Settled {
    double seconds = 0;  ///< that it took
    bool asleep = true;  ///< false: it gave up
  };
  /// Waits until no thread of these processes but the calling one runs: a pool that has no work left may spin
  /// for a while, on cores that the next subject is to have.
  virtual Settled settle(std::span<const int> processes) = 0;
};

/// The kernel's counters, and a canary on so many threads.
std::unique_ptr<ConditionsProbe> make_conditions_probe(Clock& clock, int threads);

/// Gathers the conditions of one subject's blocks of steps; see measure(). Without a probe it finds nothing.
class ConditionsWatch {
 public:
  /// `elsewhere`: the subject runs in another process, whose context switches nobody counts here.
  ConditionsWatch(ConditionsProbe* probe, bool elsewhere) : probe_(probe), elsewhere_(elsewhere) {}

  /// Before a block, where another subject ran last.
  void settle(std::span<const int> processes);
  void block_begins();
  /// `seconds` is what the block's steps took; on rank 0. All ranks call it together.
  void block_ended(Cluster& cluster, double seconds);
  /// Over all blocks; complete on rank 0. All ranks call it together.
  Conditions over_ranks(Cluster& cluster) const;

 private:
  ConditionsProbe* probe_;
  bool elsewhere_;
  ConditionsProbe::Counters before_;
  ConditionsProbe::Counters sum_{0, 0, 0};
  double settle_seconds_ = 0;
  double unsettled_blocks_ = 0;
  std::vector<double> slowdowns_;
  double seconds_since_ = 0;  ///< of timed steps since the latest canary; on rank 0
};

}  // namespace cnnbench
