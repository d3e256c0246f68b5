#include "harness/kept_report.h"

#include <chrono>
#include <iostream>
#include <thread>

#include "harness/console_observer.h"

namespace cnnbench {

void KeptReport::keep(const Report& report, const Findings& findings) {
  Report whole = report;
  append(whole, findings);
  whole.status = "partial";
  const std::lock_guard lock(mutex_);
  report_ = std::move(whole);
}

std::optional<std::filesystem::path> KeptReport::write() {
  const std::lock_guard lock(mutex_);
  if (!report_ || report_->records.empty()) return std::nullopt;
  return write_results(*report_, output_);
}

int last_words(KeptReport& kept, bool is_root, int signal) {
  if (!is_root) {
    std::this_thread::sleep_for(std::chrono::milliseconds(700));
    return 128 + signal;
  }
  try {
    if (const auto folder = kept.write()) {
      std::cerr << "bench: kept is what was complete before it (partial): " << folder->string() << std::endl;
      return 3;
    }
    std::cerr << "bench: no view was complete, so that no result is kept" << std::endl;
  } catch (const std::exception& error) {
    std::cerr << "bench: " << error.what() << std::endl;
  }
  return 128 + signal;
}

}  // namespace cnnbench
