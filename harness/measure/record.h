#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/measure/conditions.h"
#include "harness/measure/measuring_loop.h"
#include "harness/measure/statistics.h"

namespace cnnbench {

/// One rank's part in a record.
struct RankSummary {
  int rank = 0;
  Summary summary;
  std::int64_t slowest_steps = 0;  ///< steps in which this rank took longest
};

/// A warning that belongs to a number.
struct Flag {
  std::string about;  ///< "drift", "outliers", …: the same for all flags of one kind
  std::string text;   ///< in words, with its figure
  double size = 0;    ///< to find the worst of a kind
};

/// One measured quantity: a whole network, or one direction of one layer, in one view.
struct Record {
  std::string model;
  std::string pass;  ///< forward, forward-backward, train
  std::string backend;
  std::string view;    ///< network, layers, isolated, prefix
  std::string layer;   ///< empty for the network view; for prefix: the last layer of the prefix
  std::string kind;    ///< the layer's kind; empty for the network
  std::string output;  ///< the layer's output, "64x224x224"; empty for the network view
  std::string
      direction;  ///< forward, backward_data, backward_weights, reorder; "step" for network and prefix
  std::string implementation;  ///< of several operations: joined by " + "; empty for network and prefix
  std::int64_t batch = 0;      ///< a rank
  int ranks = 1;
  int threads = 1;                 ///< a rank
  std::int64_t flops = 0;          ///< one step of one rank
  std::int64_t bytes = 0;          ///< one step of one rank
  bool direct_equivalent = false;  ///< an operation multiplies less often than `flops` says: see Operation
  Summary summary;
  std::vector<double> samples;        ///< seconds: maximum over ranks of each step
  std::vector<RankSummary> per_rank;  ///< whole-step records (direction "step") only
  std::optional<double>
      imbalance;  ///< median over steps of (maximum / median over ranks); whole-step records, ranks > 1
  std::string stop_reason;
  Conditions conditions;
  std::vector<Flag> flags;
};

/// A thing that was asked for and not measured.
struct Failure {
  std::string model;
  std::string pass;
  std::string backend;
  std::string layer;   ///< empty: the whole network
  std::string reason;  ///< "unsupported", "verification", "error"
  std::string message;
};

/// An implementation of a backend's library that is wrong in one operation. What was measured is another one.
struct LibraryFault {
  std::string model;
  std::string pass;
  std::string backend;
  std::string layer;
  std::string operation;       ///< a direction, or in words what was copied at set-up
  std::string implementation;  ///< the wrong one, as the library calls it
  std::string replaced_by;
  std::string found_by;  ///< "set-up": by comparing what came out with what went in; "verification"
  std::string message;   ///< what was wrong, with figures
};

/// What verification found for one layer and tensor. Error and tolerance are those of the element whose error
/// is largest against what is allowed of it, both relative to the sum of its absolute terms.
struct Check {
  std::string model;
  std::string pass;
  std::string backend;
  std::string layer;
  std::string tensor;  ///< output, input_gradient, weights_gradient, bias_gradient, mask, loss
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

/// Fixed facts of one (model, pass, backend) measured together.
struct Setup {
  std::string model;
  std::string pass;
  std::string backend;
  double prepare_seconds = 0;  ///< maximum over ranks
  double parameters_mib = 0;
  std::optional<double> verify_seconds;  ///< of rank 0; empty where nothing was verified
  std::string parameters_hash;  ///< of all parameters as they lie in memory; empty where nothing was verified
  std::optional<double>
      unattributed_share;  ///< 1 - (median step of the layers view) / (median step of the network view)
  /// Of `prepare_seconds`, what transforming and packing the weights of the direct-equivalent layers takes,
  /// as found by writing these weights once more; maximum over ranks. Inference only: training does it in
  /// every step.
  std::optional<double> weights_seconds = {};
};

}  // namespace cnnbench
