#include "harness/backend/startable_threads.h"

#include <stdexcept>
#include <string>
#include <system_error>

namespace cnnbench {

StartableThreads::StartableThreads(int count) {
  try {
    while (this->count() < count)
      threads_.emplace_back([this] {
        std::unique_lock lock(mutex_);
        end_.wait(lock, [this] { return ended_; });
      });
  } catch (const std::system_error&) {  // no more
  }
}

StartableThreads::~StartableThreads() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  end_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void expect_startable(int threads) {
  const int found = StartableThreads(threads).count();
  if (found >= threads) return;
  throw std::runtime_error("the system starts " + std::to_string(found) + " of the " +
                           std::to_string(threads) +
                           " threads that its pool needs (ulimit -u, or pids.max of the control group)");
}

}  // namespace cnnbench
