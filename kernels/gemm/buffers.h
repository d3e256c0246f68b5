#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace cnnbench::gemm {

/// Zeroed floats, aligned to 64 bytes, and to huge pages (which it asks for) where they span one.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(std::int64_t elements);
  float* data() const { return data_.get(); }

 private:
  struct Free {
    void operator()(float* pointer) const;
  };
  std::unique_ptr<float, Free> data_;
};

/// Memory of a program, planned while it is built and allocated once at the end. Since operations run in the
/// order in which they are built, a buffer that was given back can serve a later tensor.
class BufferPlan {
 public:
  /// A buffer of at least so many elements: the free one that fits best, else a new one.
  int acquire(std::int64_t elements);

  /// A buffer of its own, for what has to outlast a step.
  int dedicate(std::int64_t elements);

  /// From here on (in building order) the buffer may serve others.
  void release(int buffer) { free_.push_back(buffer); }

  void allocate();

  /// Valid after allocate().
  float* data(int buffer) const { return buffers_[static_cast<std::size_t>(buffer)].data(); }

 private:
  std::vector<std::int64_t> sizes_;
  std::vector<int> free_;
  std::vector<AlignedBuffer> buffers_;
};

}  // namespace cnnbench::gemm
