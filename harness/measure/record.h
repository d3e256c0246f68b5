#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/backend/backend.h"
#include "harness/measure/conditions.h"
#include "harness/measure/gap.h"
#include "harness/measure/memory_peaks.h"
#include "harness/measure/statistics.h"
#include "harness/measure/stopping_rule.h"

namespace cnnbench {

/// `network`: one clock pair round the whole step. `layers`: every operation timed inside a running step.
/// `isolated`: the operations of one layer of the network's program in a loop. `prefix`: the network cut
/// after each layer. `network` and `layers` take turns, and so do the layers of `isolated`.
enum class View { network, layers, isolated, prefix };

/// "network", "layers", "isolated", "prefix".
std::string_view to_string(View view);

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

/// Fixed facts of a backend's whole network.
struct Setup {
  double prepare_seconds = 0;  ///< maximum over ranks
  double parameters_mib = 0;
  std::optional<double> verify_seconds;  ///< of rank 0; empty where nothing was verified
  std::string parameters_hash;           ///< of their plain values; empty where nothing was verified
  /// 1 - the ratio of the steps of the layers view to those of the network view that were taken in the same
  /// turns, and its 95 % interval (see compare_turns).
  std::optional<double> unattributed_share;
  std::optional<Interval> unattributed_interval = {};
  /// Of `prepare_seconds`, what transforming and packing the weights of the direct-equivalent layers takes,
  /// as found by writing these weights once more; maximum over ranks. Inference only: training does it in
  /// every step.
  std::optional<double> weights_seconds = {};
};

/// What verification found for one layer and tensor. Error and tolerance are those of the element whose error
/// is largest against what is allowed of it, both relative to the sum of its absolute terms.
struct Check {
  std::string layer;             ///< "loss" for the loss
  std::optional<Tensor> tensor;  ///< nothing: the loss itself
  std::int64_t elements = 0;
  std::int64_t checked = 0;
  double max_error = 0;
  double tolerance = 0;
  bool passed = false;
  std::string message;  ///< where it failed: the worst element, what was found and what was expected
  /// Relative L2 error √(Σ(found − expected)² / Σ expected²) of the elements compared; 0 where nothing is
  /// off, infinite where only zeros were expected and others found.
  double l2_error = 0;
};

/// "output", "input_gradient", …; "loss" for nothing.
std::string_view tensor_name(std::optional<Tensor> tensor);

/// A thing that was asked for and not measured.
struct Failure {
  enum class Reason { unsupported, verification, error };
  std::string layer;  ///< empty: the whole network
  Reason reason = Reason::error;
  std::string message;
};

/// "unsupported", "verification", "error".
std::string_view to_string(Failure::Reason reason);

/// An implementation of a backend's library that is wrong in one operation. What was measured is another one.
struct LibraryFault {
  /// A direction: verification found it. In words what was copied: set-up did, by comparing what came out
  /// with what went in.
  using Operation = std::variant<Direction, std::string>;
  std::string layer;
  Operation operation;
  std::string implementation;  ///< the wrong one, as the library calls it
  std::string replaced_by;
  std::string message;  ///< what was wrong, with figures
};

/// The direction, or the words.
std::string operation_name(const LibraryFault& fault);

/// "verification", "set-up".
std::string_view found_by(const LibraryFault& fault);

/// What one view of a backend measured.
struct ViewReport {
  std::vector<Record> records;
  std::vector<StepTimes> steps;
};

/// What was found about one backend.
struct BackendReport {
  std::string name;
  std::optional<Setup> setup = {};  ///< nothing where it could not be prepared
  std::vector<Check> checks = {};
  std::vector<Failure> failures = {};
  std::vector<LibraryFault> library_faults = {};
  std::map<View, ViewReport> views = {};  ///< those that were timed

  /// Of a view; none where it was not measured.
  std::span<const Record> records(View view) const;
};

/// What was found about a network in one pass.
struct PassReport {
  Pass pass = Pass::forward;
  bool interleaved = true;  ///< the backends took turns
  MemoryPeaks memory = {};
  std::vector<BackendReport> backends = {};  ///< all that were asked for, in that order
};

}  // namespace cnnbench
