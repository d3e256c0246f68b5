#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace cnnbench::common {

inline constexpr std::size_t cache_line = 64;  ///< bytes

/// A part of a loop: indices [begin, end).
using LoopBody = std::function<void(std::int64_t begin, std::int64_t end)>;

/// Runs a loop over [0, count) in parts, on the threads of a backend; returns when all are done.
using ParallelFor = std::function<void(std::int64_t count, const LoopBody& body)>;

/// On the threads of OpenMP.
void openmp_for(std::int64_t count, const LoopBody& body);

/// Zeroed memory for large arrays, aligned to 64 bytes, and to huge pages (which it asks for) where it spans
/// one.
class AlignedBuffer {
 public:
  /// An array in the memory, in bytes.
  struct Array {
    std::size_t offset;
    std::size_t bytes;
  };

  AlignedBuffer() = default;

  /// Throws std::bad_alloc.
  explicit AlignedBuffer(std::size_t bytes);

  /// Memory that is `arrays` one after the other, and begins with a huge page in any case. Each array is
  /// zeroed by all threads, so that its pages lie near the cores that will use them. Without threads nothing
  /// is touched. Throws std::bad_alloc.
  AlignedBuffer(std::size_t bytes, std::vector<Array> arrays, ParallelFor threads);

  void* data() const { return data_.get(); }

  /// The arrays and what they hold, elsewhere; the old memory goes when they are there. Throws
  /// std::bad_alloc; the old memory is there then.
  void move();

 private:
  struct Free {
    void operator()(void* pointer) const;
  };
  using Memory = std::unique_ptr<void, Free>;
  AlignedBuffer(std::size_t bytes, std::size_t alignment, std::vector<Array> arrays, ParallelFor threads);
  Memory allocated() const;

  /// Calls visit(first byte, bytes) for pieces of all arrays, on all threads.
  template <typename Visit>
  void for_pieces(Visit visit) const;

  std::size_t bytes_ = 0;
  std::size_t alignment_ = 0;
  std::vector<Array> arrays_;
  ParallelFor threads_;
  Memory data_;
};

}  // namespace cnnbench::common
