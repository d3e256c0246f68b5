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
#include "harness/measure/memory_peaks.h"
#include "harness/measure/record.h"

// What was found about a network in one pass: its backends, and the views of each.
namespace cnnbench {

/// `network`: one clock pair round the whole step. `layers`: every operation timed inside a running step.
/// `isolated`: the operations of one layer of the network's program in a loop. `prefix`: the network cut
/// after each layer. `network` and `layers` take turns, and so do the layers of `isolated`.
enum class View { network, layers, isolated, prefix };

/// "network", "layers", "isolated", "prefix".
std::string_view to_string(View view);

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
