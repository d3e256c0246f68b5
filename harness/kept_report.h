#pragma once

#include <filesystem>
#include <mutex>
#include <optional>

#include "harness/measure/runner.h"
#include "harness/report/report.h"

namespace cnnbench {

/// What a run has found when it is ended from outside: the last view that was complete and all before it.
class KeptReport {
 public:
  explicit KeptReport(std::filesystem::path output) : output_(std::move(output)) {}

  /// The report so far, and what an experiment that is not in it yet has found.
  void keep(const Report& report, const Findings& findings);

  /// Writes it as a partial result; empty where there is nothing to write. Throws as write_results().
  std::optional<std::filesystem::path> write();

 private:
  std::filesystem::path output_;
  std::mutex mutex_;
  std::optional<Report> report_;
};

/// The end of one rank's process that a signal has ended in the middle of something: rank 0 writes what is
/// kept, and the others give it the time to do so. Returns the exit status: 3 where a result was written,
/// else 128 + signal.
int last_words(KeptReport& kept, bool is_root, int signal);

}  // namespace cnnbench
