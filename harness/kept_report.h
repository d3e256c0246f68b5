#pragma once

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>

#include "harness/report/report.h"

namespace cnnbench {

/// The result of a run on the disk, as far as the run has come, so that no end of it loses what it had
/// measured. On rank 0 alone; the thread that a signal wakes may ask for it at any time.
class KeptReport {
 public:
  explicit KeptReport(std::filesystem::path output) : output_(std::move(output)) {}

  /// Writes the report so far as `running`; the first time, makes the run's folder. Where it cannot be
  /// written that is said on stderr, once, and the run goes on.
  void keep(Report report);

  /// The run ends early: what was kept last becomes a partial result, with the reason among its warnings if
  /// there is one. Without a record the folder is removed, and nothing returned. Throws as
  /// ResultFolder::write().
  std::optional<std::filesystem::path> end_early(const std::string& reason);

  /// Writes the whole report; returns the folder. Throws as ResultFolder; where nothing could be written
  /// before either the folder is removed.
  std::filesystem::path finish(const Report& report);

 private:
  std::filesystem::path output_;
  std::mutex mutex_;
  std::optional<Report> report_;
  std::optional<ResultFolder> folder_;
  bool warned_ = false;
};

/// The early end of rank 0: writes what is kept, and says on stderr what became of it. Whether a result was
/// written.
bool keep_after(KeptReport& kept, const std::string& reason);

/// The end of one rank's process that a signal has ended in the middle of something: rank 0 writes what is
/// kept, and the others give it the time to do so. Returns the exit status: 3 where a result was written,
/// else 128 + signal.
int last_words(KeptReport& kept, bool is_root, int signal);

}  // namespace cnnbench
