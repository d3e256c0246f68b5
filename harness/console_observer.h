#pragma once

#include <chrono>
#include <iosfwd>
#include <string>
#include <vector>

#include "harness/measure/runner.h"

namespace cnnbench {

/// Shows an experiment while it goes on: a line every ten steps of the network view and each view's report as
/// soon as it is there, on `out`; and, where stderr is a terminal, what is being done and how long it will
/// take.
class ConsoleObserver {
 public:
  ConsoleObserver(std::ostream& out, const Experiment& experiment);
  ~ConsoleObserver();
  ConsoleObserver(const ConsoleObserver&) = delete;
  ConsoleObserver& operator=(const ConsoleObserver&) = delete;

  Observer observer();

 private:
  void phase(const std::string& what);
  void step(View view, const std::string& label, const std::string& backend, std::int64_t step,
            std::int64_t most, double seconds);
  void view_done(View view, const std::vector<const BackendReport*>& backends);
  void status(const std::string& text);

  std::ostream& out_;
  const Experiment& experiment_;
  bool terminal_;
  std::chrono::steady_clock::time_point latest_status_;
};

}  // namespace cnnbench
