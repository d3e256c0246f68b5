#pragma once

#include <cstddef>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <utility>
#include <vector>

namespace cnnbench::onednn {

/// Zeroed memory for large arrays, aligned to 64 bytes, and to huge pages (which it asks for) where it spans
/// one.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t bytes);
  void* data() const { return data_.get(); }

 private:
  struct Free {
    void operator()(void* pointer) const;
  };
  std::unique_ptr<void, Free> data_;
};

/// Memory of a program, planned while it is built and allocated once at the end. Since operations run in the
/// order in which they are built, a buffer that was given back can serve a later tensor.
class BufferPlan {
 public:
  /// A buffer of at least `bytes`: the free one that fits best, else a new one.
  int acquire(std::size_t bytes);

  /// A buffer of its own, for what has to outlast a step.
  int dedicate(std::size_t bytes);

  /// From here on (in building order) the buffer may serve others.
  void release(int buffer);

  /// The memory gets its address at `offset` bytes into the buffer when allocate() is called.
  void bind(const dnnl::memory& memory, int buffer, std::size_t offset = 0);

  void allocate();
  void* data(int buffer) const { return buffers_[static_cast<std::size_t>(buffer)].data(); }

 private:
  struct Binding {
    dnnl::memory memory;
    int buffer;
    std::size_t offset;
  };
  std::vector<std::size_t> sizes_;
  std::vector<int> free_;
  std::vector<Binding> bindings_;
  std::vector<AlignedBuffer> buffers_;
};

}  // namespace cnnbench::onednn
