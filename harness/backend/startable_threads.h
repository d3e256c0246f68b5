#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace cnnbench {

/// Threads that sleep as long as this exists: how many the system lets this process start beside those that
/// it has (ulimit -u, pids.max of a control group). Libraries end the program or wait for ever where a thread
/// of their pool does not start, so that it is to be known before.
class StartableThreads {
 public:
  /// Tries to start so many.
  explicit StartableThreads(int count);
  ~StartableThreads();
  StartableThreads(const StartableThreads&) = delete;
  StartableThreads& operator=(const StartableThreads&) = delete;

  /// How many run.
  int count() const { return static_cast<int>(threads_.size()); }

 private:
  std::mutex mutex_;
  std::condition_variable end_;
  bool ended_ = false;
  std::vector<std::thread> threads_;
};

/// For a library that starts threads of its own: throws std::runtime_error, with the limits that can be the
/// cause, where so many threads beside the caller do not start.
void expect_startable(int threads);

}  // namespace cnnbench
