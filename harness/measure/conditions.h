#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "harness/cluster/cluster.h"
#include "harness/machine/cpu_times.h"
#include "harness/measure/canaries.h"
#include "harness/measure/clock.h"

namespace cnnbench {

/// What the machine did while something was timed, over all ranks. Empty: nobody looked, or nothing can tell.
struct Conditions {
  double seconds =
      0;  ///< that were watched: bursts of steps and what lies between them; longest over the ranks
  std::optional<std::int64_t> involuntary_switches;  ///< sum over the ranks
  std::optional<double> throttled_seconds;           ///< largest over the ranks
  /// Median time of each canary between blocks of steps, one a rank.
  std::vector<CanaryTimes> canaries;
  /// That over its reference, of the slowest rank: 1.05 where the cores run 5 % slower than they can. See
  /// rate_canaries().
  std::optional<double> slowdown;         ///< of the cores
  std::optional<double> cache_slowdown;   ///< of reading from the last-level cache
  std::optional<double> memory_slowdown;  ///< of reading from memory
  /// Longest wait, before a block or a canary, until no thread ran that had nothing to do any more; largest
  /// over the ranks.
  double settle_seconds = 0;
  std::int64_t unsettled_blocks = 0;  ///< that began although some still ran; largest over the ranks
  /// Of the time of the CPUs that a rank may use, the share that the hypervisor gave to others; largest over
  /// the ranks. From the first block to the end of what took turns with it, as the next.
  std::optional<double> steal_share;
  /// Of the time of all CPUs of a node, the share that processes took which are not of this run; largest over
  /// the nodes.
  std::optional<double> other_load;
};

/// Sets the slowdowns of all canaries. `references`: one a rank, the shortest times known by now.
void rate_canaries(Conditions& conditions, std::span<const CanaryTimes> references);

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

  struct Load {
    double seconds = 0;  ///< of the clock
    CpuTimes cpu;
  };
  /// Takes longer than counters() on a machine of many CPUs. `processes`: those of the run.
  virtual Load load(std::span<const int> processes) = 0;

  /// Times of the canaries, now.
  virtual CanaryTimes sing() = 0;
  /// The shortest times that they are known to take: of start-up, or of a later refer_again().
  virtual CanaryTimes reference() const = 0;
  /// Takes the references once more; they can only become shorter.
  virtual void refer_again() = 0;

  struct Settled {
    double seconds = 0;  ///< that it took
    bool asleep = true;  ///< false: it gave up
  };
  enum class Before { block, song };
  /// Waits until no thread of these processes but the calling one runs: a pool that has no work left may spin
  /// for a while, on cores that the next subject, or a canary, is to have. Before a song, threads that were
  /// told to spin for ever and sing themselves are not waited for.
  virtual Settled settle(std::span<const int> processes, Before what) = 0;
  /// Before a song, for this process and all that it was ever asked for.
  virtual void settle_all() = 0;
};

/// The kernel's counters, and canaries on so many threads.
std::unique_ptr<ConditionsProbe> make_conditions_probe(Clock& clock, int threads);

/// Every rank's references, on rank 0. All ranks call it together.
std::vector<CanaryTimes> gather_references(const ConditionsProbe& probe, Cluster& cluster);

/// Gathers the conditions of one subject's blocks of steps; see measure(). Without a probe it finds nothing.
class ConditionsWatch {
 public:
  /// `processes`: those of this rank and its workers. `elsewhere`: the subject runs in one of the latter,
  /// whose context switches nobody counts here.
  ConditionsWatch(ConditionsProbe* probe, std::vector<int> processes, bool elsewhere)
      : probe_(probe), processes_(std::move(processes)), elsewhere_(elsewhere) {}

  /// Before a block, where another subject ran last.
  void settle();
  void block_begins();
  /// `seconds` is what the block's steps took; on rank 0. All ranks call it together. True, on all of them,
  /// where canaries sang and the steps are so short that the next one would notice: it should not count.
  bool block_ended(Cluster& cluster, double seconds, int steps);
  /// Over all blocks; complete on rank 0. All ranks call it together.
  Conditions over_ranks(Cluster& cluster) const;

 private:
  ConditionsProbe::Settled wait(ConditionsProbe::Before what);

  ConditionsProbe* probe_;
  std::vector<int> processes_;
  bool elsewhere_;
  std::optional<ConditionsProbe::Load> first_load_;
  ConditionsProbe::Counters before_;
  ConditionsProbe::Counters sum_{0, 0, 0};
  double settle_seconds_ = 0;
  double unsettled_blocks_ = 0;
  std::vector<CanaryTimes> songs_;
  double seconds_since_ =
      std::numeric_limits<double>::infinity();  ///< of steps since the latest song; rank 0
};

}  // namespace cnnbench
