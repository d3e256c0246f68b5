#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/measure/conditions.h"
#include "harness/measure/gap.h"
#include "harness/measure/statistics.h"
#include "harness/measure/stopping_rule.h"
#include "harness/model/cost.h"

namespace cnnbench {

/// One rank's part in a record.
struct RankSummary {
  int rank = 0;
  Summary summary;
  std::int64_t slowest_steps = 0;  ///< steps in which this rank took longest
};

/// The parts of the steps of several ranks, apart.
struct OverRanks {
  Summary seconds;     ///< from the first rank's start to the last rank's end
  Summary longest;     ///< of the ranks' own times
  Summary start_skew;  ///< from the first rank's start to the last rank's start
  Summary waiting;     ///< seconds less longest: when not even the slowest rank had all of its step
};

/// Every step of every rank of one thing that was timed.
struct StepTimes {
  std::string layer;                         ///< of isolated and prefix; else empty
  std::vector<std::size_t> bursts;           ///< the first step of each burst
  std::vector<std::vector<double>> starts;   ///< [rank][step]: seconds on rank 0's clock
  std::vector<std::vector<double>> seconds;  ///< [rank][step]: that rank's own time
  double burst_seconds = 0;                  ///< of the bursts, each from its first start to its last end
  double step_seconds = 0;                   ///< that the steps add up to, over all ranks
  double clock_error_seconds = 0;            ///< by which starts of different nodes may be off
  std::optional<OverRanks> over_ranks;       ///< ranks > 1
};

/// A warning that belongs to a number.
struct Flag {
  std::string about;  ///< "drift", "outliers", …: the same for all flags of one kind
  std::string text;   ///< in words, with its figure
  double size = 0;    ///< to find the worst of a kind
};

/// One measured quantity: whole steps, or one direction of one layer.
struct Record {
  std::string layer;            ///< empty for the network view; for prefix: the last layer of the prefix
  std::string kind;             ///< the layer's kind; empty for the network
  std::optional<Shape> output;  ///< the layer's; nothing for the network, and for the loss: one number
  std::optional<Direction> direction;  ///< nothing: whole steps, as of network and prefix
  std::string implementation;  ///< of several operations: joined by " + "; empty for network and prefix
  std::string layout;          ///< of what the operations read and write (see Operation), likewise
  std::int64_t batch = 0;      ///< a rank
  int ranks = 1;
  int threads = 1;                 ///< a rank
  Gap gap = Gap::none;             ///< between timed steps
  std::int64_t flops = 0;          ///< one step of one rank
  std::int64_t bytes = 0;          ///< one step of one rank
  bool direct_equivalent = false;  ///< an operation multiplies less often than `flops` says: see Operation
  Summary summary;
  /// Seconds of each step. Of whole steps: from the first rank's start to the last rank's end; of a layer:
  /// the longest of the ranks' own times.
  std::vector<double> samples;
  std::vector<RankSummary> per_rank;    ///< whole-step records only
  std::optional<OverRanks> over_ranks;  ///< whole-step records, ranks > 1
  /// Median over steps of (slowest rank / median of the others); whole-step records, ranks > 1.
  std::optional<double> imbalance;
  StopReason stop_reason = StopReason::steps;
  int instances = 1;  ///< of its program that were measured, one after the other: see Renewal
  Conditions conditions;
  std::vector<Flag> flags;
};

/// What a backend had chosen by speed; once for each question of a run.
struct Choice {
  struct Candidate {
    std::string name;
    double seconds = 0;  ///< of one run, summed over the ranks; not finite where it failed or was not timed
  };
  std::string backend;
  std::string key;  ///< what was chosen: the work, the pass, batch and threads
  std::vector<Candidate> candidates = {};
  std::string chosen = {};
  bool given = false;  ///< taken over from --choices, not timed
  /// What --choices had for the key, where no candidate has that name any more; else empty.
  std::string gone = {};
};

}  // namespace cnnbench
