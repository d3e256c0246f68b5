#include "harness/kept_report.h"

#include <chrono>
#include <iostream>
#include <thread>

namespace cnnbench {

void KeptReport::keep(Report report) {
  const std::lock_guard lock(mutex_);
  report_ = std::move(report);
  report_->status = "running";
  try {
    if (!folder_) folder_.emplace(*report_, output_);
    folder_->write(*report_);
  } catch (const std::exception& error) {
    if (!warned_)
      std::cerr << "bench: " << error.what() << "; the run goes on, and prints all that it finds"
                << std::endl;
    warned_ = true;
  }
}

std::optional<std::filesystem::path> KeptReport::end_early(const std::string& reason) {
  const std::lock_guard lock(mutex_);
  if (!report_) return std::nullopt;
  bool measured = false;
  for_each_record(*report_, [&](const auto&, View, const Record&) { measured = true; });
  if (!measured) {
    if (folder_) folder_->remove();
    folder_.reset();
    report_.reset();
    return std::nullopt;
  }
  report_->status = "partial";
  if (!reason.empty()) report_->warnings.push_back("the run ended early: " + reason);
  if (!folder_) folder_.emplace(*report_, output_);
  folder_->write(*report_);
  return folder_->path();
}

std::filesystem::path KeptReport::finish(const Report& report) {
  const std::lock_guard lock(mutex_);
  report_ = report;
  if (!folder_) folder_.emplace(report, output_);
  try {
    folder_->write(report);
  } catch (...) {
    folder_.reset();  // goes where nothing was written before
    throw;
  }
  return folder_->path();
}

bool keep_after(KeptReport& kept, const std::string& reason) {
  try {
    if (const auto folder = kept.end_early(reason)) {
      std::cerr << "bench: kept is what was complete before it (partial): " << folder->string() << std::endl;
      return true;
    }
    std::cerr << "bench: no view was complete, so that no result is kept" << std::endl;
  } catch (const std::exception& error) {
    std::cerr << "bench: " << error.what() << std::endl;
  }
  return false;
}

int last_words(KeptReport& kept, bool is_root, int signal) {
  if (!is_root) {
    std::this_thread::sleep_for(std::chrono::milliseconds(700));
    return 128 + signal;
  }
  return keep_after(kept, "") ? 3 : 128 + signal;
}

}  // namespace cnnbench
