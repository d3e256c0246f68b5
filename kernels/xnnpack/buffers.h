#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "kernels/xnnpack/thread_pool.h"

namespace cnnbench::xnnpack {

/// Zeroed memory, aligned to 64 bytes (to huge pages, which it asks for, where it spans one).
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  AlignedBuffer(std::size_t bytes, const ThreadPool& pool);
  float* data() const { return static_cast<float*>(data_.get()); }

 private:
  struct Free {
    void operator()(void* pointer) const;
  };
  std::unique_ptr<void, Free> data_;
};

/// Memory of a program's activations, planned while it is built and allocated once at the end. Since
/// operations run in the order in which they are built, a buffer that was given back can serve a later value.
class BufferPlan {
 public:
  /// A buffer for `elements` floats: the free one that fits best, else a new one.
  int acquire(std::size_t elements);

  /// From here on (in building order) the buffer may serve others.
  void release(int buffer) { free_.push_back(buffer); }

  /// With the extra bytes that the library's kernels may read past the end of a tensor.
  void allocate(const ThreadPool& pool);

  /// Valid after allocate().
  float* data(int buffer) const { return buffers_[static_cast<std::size_t>(buffer)].data(); }

 private:
  std::vector<std::size_t> sizes_;
  std::vector<int> free_;
  std::vector<AlignedBuffer> buffers_;
};

}  // namespace cnnbench::xnnpack
