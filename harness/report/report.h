#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/measure/ceilings.h"
#include "harness/measure/clock.h"
#include "harness/measure/rank_clocks.h"
#include "harness/measure/record.h"
#include "harness/model/model.h"

namespace cnnbench {

/// A network of the run, and what was found about it.
struct NetworkReport {
  Model model;
  std::int64_t batch = 0;  ///< a rank
  std::vector<PassReport> passes = {};
};

/// Networks of a run that are set side by side.
struct ReportedComparison {
  std::string name;
  std::int64_t samples_per_epoch = 0;
  std::vector<std::size_t> networks;  ///< indices of Report::networks; the others are not part of it
};

/// All that a run found; complete on rank 0.
struct Report {
  std::string name;                 ///< of the network, the comparison, or several joined by "+"
  std::string status = "complete";  ///< running, complete, partial, invalid
  std::string start_time;           ///< UTC, "2026-11-21T21:57:45Z"
  std::vector<std::string> command;
  nlohmann::ordered_json configs = nlohmann::ordered_json::array();  ///< the files: {"name", "text"}
  std::vector<ReportedComparison> comparisons;
  nlohmann::ordered_json settings;                                          ///< the run settings in force
  std::vector<nlohmann::ordered_json> environment;                          ///< one a rank
  nlohmann::ordered_json backend_facts = nlohmann::ordered_json::object();  ///< name → version and facts
  ClockCost clock;
  std::vector<NodeClock> node_clocks;  ///< one a node; empty where nothing was timed
  std::optional<Ceilings> ceilings;    ///< of the rank with the lowest; empty where they were not measured
  std::vector<CanaryTimes> canary_references;  ///< one a rank; empty where they were not measured
  int ranks = 1;
  std::vector<int> threads;                    ///< one a rank
  std::vector<std::string> placement_remarks;  ///< where threads and their places come from the environment
  std::vector<std::string> warnings;           ///< placement, build type, …
  bool verified = false;                       ///< verification was asked for
  std::vector<NetworkReport> networks;
  std::vector<Choice> choices;
};

/// A backend of a report, below its network and its pass.
struct ReportedBackend {
  const Model& model;
  Pass pass;
  const BackendReport& backend;
};

/// All backends of a report, in its order.
std::vector<ReportedBackend> all_backends(const Report& report);

/// Calls work(backend, view, record) for each record of a report, in its order.
template <typename Work>
void for_each_record(const Report& report, Work work) {
  for (const ReportedBackend& one : all_backends(report))
    for (const auto& [view, found] : one.backend.views)
      for (const Record& record : found.records) work(one, view, record);
}

/// --describe: a network's table: layer, kind, output, receptive field, weights, biases, FLOPs, bytes,
/// FLOP/byte.
void describe_table(std::ostream& out, const Model& model, std::int64_t batch);
void describe_csv(std::ostream& out, const Model& model, std::int64_t batch);
nlohmann::ordered_json describe_json(const Model& model, std::int64_t batch);

/// "1.234 ± 0.005 s/batch", in the unit (s, ms, µs) that suits the mean; without ± where sd is undefined.
std::string format_time_per_batch(const Summary& summary);

/// The report for people is made of these, in this order.
void print_header(std::ostream& out, const Report& report);
/// "Forward across 100 steps, 1.234 ± 0.005 s/batch", images/s a rank and of all, why it stopped, flags; of
/// the network view.
void print_network(std::ostream& out, const ReportedBackend& of);
/// Table of layers of the view `layers` or `isolated`: output, implementation, time ± sd, share, GFLOP/s a
/// direction. `ceilings` are what rates are held against.
void print_layers(std::ostream& out, const ReportedBackend& of, View view,
                  const std::optional<Ceilings>& ceilings);
/// The twelve cumulative times of the OverFeat benchmark and the like.
void print_prefixes(std::ostream& out, const ReportedBackend& of);
/// Of each comparison: parameters, FLOPs, bytes, time a step, time an epoch, each also relative to its first
/// model.
void print_comparisons(std::ostream& out, const Report& report);
/// Several backends of one run side by side, a table for each network and pass, and in words which is fastest
/// where. Nothing for a run of one backend.
void print_backends(std::ostream& out, const Report& report);
/// What was verified, VALID or INVALID, failures, warnings.
void print_verdict(std::ostream& out, const Report& report);

/// result.json as the design fixes it (also a Google Benchmark file).
nlohmann::ordered_json result_json(const Report& report);

/// layers.csv: one row a record.
std::string layers_csv(const Report& report);

/// Several backends of one run compared: an object for each network, pass, layer (sum, network, bound),
/// direction and backend. Empty for a run of one backend.
nlohmann::ordered_json backend_comparison_json(const Report& report);

/// backends.csv: the same, a row an object; empty for a run of one backend.
std::string backends_csv(const Report& report);

/// The folder of a run, `output/<UTC time>-<name>/`, which is there from its start on: whenever the run ends,
/// however it does, result.json, layers.csv and, for several backends, backends.csv are whole, and as they
/// were written last.
class ResultFolder {
 public:
  /// Makes the folder, with the parents that it lacks; where its name is taken, with -2, -3, …. Throws
  /// std::runtime_error with the path and the reason.
  ResultFolder(const Report& report, const std::filesystem::path& output);

  /// Removes what it made where nothing was written.
  ~ResultFolder();
  ResultFolder(const ResultFolder&) = delete;
  ResultFolder& operator=(const ResultFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

  /// Puts the files in the place of those that were there, each in one step. Throws std::runtime_error with
  /// the path and the reason; the file that could not be written is as it was then.
  void write(const Report& report);

  /// Takes back all that was made and written.
  void remove();

 private:
  std::vector<std::filesystem::path> parents_;  ///< that it made, the outermost first
  std::filesystem::path path_;
  bool written_ = false;
};

/// Throws std::runtime_error where a ResultFolder could not be made and written there (so that it is known
/// before measuring).
void check_writable(const std::filesystem::path& output);

}  // namespace cnnbench
