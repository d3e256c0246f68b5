#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "harness/measure/clock.h"

namespace cnnbench {

/// A fixed amount of reading whose time tells how fast caches and memory are just now. Each thread has some
/// megabytes of its own: more than its second-level cache holds. It puts them out of all caches, and reads
/// them twice, first from memory and then from the last-level cache as far as that holds them.
class MemoryCanary {
 public:
  /// Memory is taken here and stays; each thread touches its own first.
  explicit MemoryCanary(Clock& clock, int threads);

  struct Times {
    double memory = 0;  ///< seconds of the slowest thread; NaN where this CPU has no way to empty its caches
    double cache = 0;
  };
  Times sing() const;

 private:
  Clock& clock_;
  int threads_;
  std::size_t words_;  ///< a thread
  std::vector<std::unique_ptr<std::uint64_t[]>> buffers_;
};

}  // namespace cnnbench
