#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/cluster/cluster.h"
#include "harness/measure/clock.h"
#include "harness/measure/conditions.h"
#include "harness/measure/stopping_rule.h"

namespace cnnbench {

/// One thing to be timed, the same on every rank.
struct TimedStep {
  std::size_t parts = 1;  ///< times that one step yields: 1 for the whole step, or one an operation
  /// Runs one step, writes the seconds of its parts, which follow one another without a gap, and returns when
  /// the first began: seconds on rank 0's clock (see Clock::on_rank_0).
  std::function<double(std::span<double> seconds)> run;
  int process = 0;  ///< that it runs in; 0: this one
  /// Its program: subjects of one share threads and memory, so that none has to wait for the other's threads.
  /// Null: one of its own.
  const void* program = nullptr;
  /// Brings memory and caches into the state that its steps are timed in. Untimed; before every burst, and
  /// before the burn-in. Empty: nothing to do.
  std::function<void()> lead_in = {};
  /// What comes before every timed step, outside the timed part. Empty: nothing.
  std::function<void()> gap = {};
};

/// Makes the programs of all subjects anew, or moves their memory, so that one run samples what an instance
/// of a program cannot know: where its memory lies.
struct Renewal {
  /// Empty: they cannot be made anew. After it the TimedSteps run the new programs. All ranks call it
  /// together. A reason to stop, the same on every rank: interrupted, or failed; then they may not be run any
  /// more.
  std::function<std::optional<StopReason>()> renew;
  double seconds = 0;  ///< that it takes; on rank 0
  /// Moves the memory of all programs: see Program::move_memory(). All ranks call it together. False, the
  /// same on every rank, where one cannot. Empty: none can.
  std::function<bool()> move;
};

/// So many instances of each program are measured where they are made anew.
inline constexpr int most_instances = 20;

/// Raw samples of one TimedStep; complete on rank 0, empty elsewhere (but stop_reason).
struct Samples {
  /// [part][step]: the longest of the ranks' own times in that step.
  std::vector<std::vector<double>> slowest;
  /// [rank][step]: that rank's own time of the whole step (the sum of its parts).
  std::vector<std::vector<double>> per_rank;
  StopReason stop_reason = StopReason::steps;
  Conditions conditions = {};
  /// [rank][step]: when that rank began the step; seconds on rank 0's clock. See over_ranks().
  std::vector<std::vector<double>> starts = {};
  std::vector<std::size_t> bursts = {};  ///< the first step of each burst
  int instances = 1;                     ///< of its program that were measured, for equally many bursts
  double clock_error_seconds = 0;        ///< by which starts of different nodes may be off
  /// Why its program cannot be run any more, the same on every rank: what a step threw. Empty: it can.
  std::string failure = {};
};

/// Told on rank 0 of every timed step, outside the timed part: which TimedStep, its steps so far, the most
/// there can be, the seconds of this step over all ranks.
using Progress =
    std::function<void(std::size_t subject, std::int64_t step, std::int64_t most, double seconds)>;

/// Times each subject: exactly `burn_in` untimed steps, then steps until the stopping rule ends it. Before
/// every timed step come its gap and a barrier, outside the timed part. Rank 0 decides, by the time from the
/// first rank's start to the last rank's end, and broadcasts. With several subjects (backends to be compared,
/// views of one) bursts of five steps take turns in a balanced random order (see Turns), so that drift of the
/// machine meets all alike; each burst begins with the subject's lead-in, if it has one, or with one more
/// untimed step where another program ran in between, so that none inherits another's caches. An interruption
/// on any rank (see cluster.h) ends all subjects with what they have: in the burn-in that is no sample at
/// all. It is looked for after every step; every rank sees it in stop_reason. Throws std::invalid_argument
/// for settings out of range (see StoppingRule). Where `run`, a lead-in or a gap throws on any rank, all
/// subjects of that program end with it as their failure, and the others go on. With a probe, its counters
/// are read before and after every burst, and now and then its canaries sing after one, outside the timed
/// part, when all threads of all subjects sleep; where steps are short, one more untimed step then fills the
/// caches again. Where another program ran last, a burst, too, waits until all threads of that one sleep.
/// With a renewal, the programs are made anew after every twentieth of the rounds (every round, where there
/// are fewer), with two untimed steps of each subject after it, unless all of that would take more than 2 s
/// and more than a quarter of the time that is measured. Then their memory is moved in place of it, unless
/// that would take more than 2 s and more than three quarters of it.
std::vector<Samples> measure(const std::vector<TimedStep>& timed_steps, const TimingSettings& settings,
                             Cluster& cluster, const Progress& progress = {},
                             ConditionsProbe* probe = nullptr, const Renewal& renewal = {});

}  // namespace cnnbench
