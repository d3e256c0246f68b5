#pragma once

#include <cstdint>
#include <functional>

#include "kernels/winograd/kernels.h"

namespace cnnbench::winograd {

/// One of several threads that work on the same thing.
class Member {
 public:
  Member(int rank, int size) : rank_(rank), size_(size) {}
  int rank() const { return rank_; }
  int size() const { return size_; }

  /// Its part of `count` things: contiguous, and as large as the others' but for one.
  Range share(std::int64_t count) const { return {count * rank_ / size_, count * (rank_ + 1) / size_}; }

  /// Returns when all have called it.
  void wait() const;

 private:
  int rank_;
  int size_;
};

/// Calls the function once on each of so many OpenMP threads, the pool that the library of the other layers
/// uses too: a pool of one's own would compete with it for the cores.
void run_team(int threads, const std::function<void(const Member&)>& function);

}  // namespace cnnbench::winograd
