#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>

#include "kernels/winograd/blocking.h"
#include "kernels/winograd/kernels.h"

namespace cnnbench::winograd {

/// One of several threads that work on the same thing.
class Member {
 public:
  Member(int thread, int threads) : thread_(thread), threads_(threads) {}
  int thread() const { return thread_; }
  int threads() const { return threads_; }

  /// Its part of `count` things: contiguous, and as large as the others' but for one.
  Range share(std::int64_t count) const {
    return {count * thread_ / threads_, count * (thread_ + 1) / threads_};
  }

  /// Returns when all have called it.
  void wait() const;

 private:
  int thread_;
  int threads_;
};

/// Calls the function once on each of so many OpenMP threads, the pool that the library of the other layers
/// uses too: a pool of one's own would compete with it for the cores.
void run_team(int threads, const std::function<void(const Member&)>& function);

/// Calls function(row, columns) for all that a contiguous range of a matrix of `length` columns touches.
template <typename Function>
void for_each_row(Range range, std::int64_t length, const Function& function) {
  while (range.first < range.last) {
    const std::int64_t begin = range.first % length;
    const std::int64_t end = std::min(length, begin + range.size());
    function(range.first / length, Range{begin, end});
    range.first += end - begin;
  }
}

/// Calls function(tiles, workers) for the blocks of tiles that this thread has a part in: of every block, all
/// threads together, where they are shared; else of its own ones alone, as many as each thread has. Always
/// the same ones, so that sums over blocks are the same to the bit. There must be at least as many tiles as
/// threads where blocks are not shared.
template <typename Function>
void for_each_block(const Member& member, std::int64_t tiles, const Blocking& blocking,
                    const Function& function) {
  const auto whole = [](std::int64_t things, std::int64_t part) { return (things + part - 1) / part; };
  std::int64_t count = whole(tiles, blocking.tiles);
  if (!blocking.shared) count = whole(count, member.threads()) * member.threads();
  const auto block = [&](std::int64_t i) { return Range{tiles * i / count, tiles * (i + 1) / count}; };
  if (blocking.shared) {
    for (std::int64_t i = 0; i < count; ++i) function(block(i), member);
  } else {
    const Range own = member.share(count);
    for (std::int64_t i = own.first; i < own.last; ++i) function(block(i), Member(0, 1));
  }
}

}  // namespace cnnbench::winograd
