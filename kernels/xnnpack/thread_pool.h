#pragma once

#include <pthreadpool.h>

#include <cstdint>
#include <memory>

#include "kernels/common/aligned_buffer.h"

namespace cnnbench::xnnpack {

/// The library's kind of thread pool, for its operators and for the loops beside them. After an operation its
/// workers spin (up to a million times) for the next one before they sleep, which would take cores from a
/// backend that runs next; so the last operation of a step sends them to sleep at once.
class ThreadPool {
 public:
  /// `threads` in all, the caller among them. Throws std::runtime_error.
  explicit ThreadPool(int threads);

  pthreadpool_t get() const { return pool_.get(); }

  /// Cuts [0, count) into pieces for all threads; returns when all are done. `sleep`: nothing follows soon.
  void run(std::int64_t count, const common::LoopBody& body, bool sleep) const;

 private:
  struct Destroy {
    void operator()(pthreadpool_t pool) const { pthreadpool_destroy(pool); }
  };
  std::unique_ptr<pthreadpool, Destroy> pool_;
};

}  // namespace cnnbench::xnnpack
