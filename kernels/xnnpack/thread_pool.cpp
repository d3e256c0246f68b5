#include "kernels/xnnpack/thread_pool.h"

#include <algorithm>
#include <stdexcept>

#include "harness/backend/startable_threads.h"

namespace cnnbench::xnnpack {
namespace {

void run_piece(void* body, std::size_t begin, std::size_t length) {
  (*static_cast<const common::LoopBody*>(body))(static_cast<std::int64_t>(begin),
                                                static_cast<std::int64_t>(begin + length));
}

/// pthreadpool waits for ever for a thread that did not start.
pthreadpool_t create(int threads) {
  expect_startable(threads - 1);
  return pthreadpool_create(static_cast<std::size_t>(threads));
}

}  // namespace

ThreadPool::ThreadPool(int threads) : pool_(create(threads)) {
  if (!pool_) throw std::runtime_error("xnnpack: no thread pool");
  // New workers spin, too.
  const auto nothing = [](std::int64_t, std::int64_t) {};
  run(threads, nothing, true);
}

void ThreadPool::run(std::int64_t count, const common::LoopBody& body, bool sleep) const {
  // A piece a thread: the same rows for the same thread in every layer. pthreadpool steals what lags.
  const auto threads = static_cast<std::int64_t>(pthreadpool_get_threads_count(pool_.get()));
  const std::int64_t piece = std::max<std::int64_t>(1, (count + threads - 1) / threads);
  pthreadpool_parallelize_1d_tile_1d(pool_.get(), run_piece, const_cast<common::LoopBody*>(&body),
                                     static_cast<std::size_t>(count), static_cast<std::size_t>(piece),
                                     sleep ? PTHREADPOOL_FLAG_YIELD_WORKERS : 0);
}

}  // namespace cnnbench::xnnpack
