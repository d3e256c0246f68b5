#pragma once

#include <cstddef>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <span>
#include <utility>
#include <vector>

namespace cnnbench::onednn {

/// Zeroed memory for large arrays, aligned to 64 bytes, and to huge pages (which it asks for) where it spans
/// one.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t bytes);

  /// Memory that is `arrays` one after the other (offset, bytes), and begins with a huge page in any case.
  /// Each array is zeroed by all threads, so that its pages lie near the cores that will use them.
  AlignedBuffer(std::size_t bytes, std::span<const std::pair<std::size_t, std::size_t>> arrays);
  void* data() const { return data_.get(); }

  /// The arrays and what they hold, elsewhere; the old memory goes when they are there.
  void move();

 private:
  struct Free {
    void operator()(void* pointer) const;
  };
  using Memory = std::unique_ptr<void, Free>;
  AlignedBuffer(std::size_t bytes, std::size_t alignment,
                std::span<const std::pair<std::size_t, std::size_t>> arrays);
  Memory allocated() const;
  std::size_t bytes_ = 0;
  std::size_t alignment_ = 0;
  std::vector<std::pair<std::size_t, std::size_t>> arrays_;
  Memory data_;
};

/// Memory of a program, planned while it is built and allocated once at the end, in one piece. Since
/// operations run in the order in which they are built, a buffer that was given back can serve a later
/// tensor. Equal programs have equal plans, so that each tensor lies at the same place of a huge page: where
/// tensors lie to one another decides which lines of a cache they compete for, and made equal layers differ
/// by 4 %.
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

  /// After allocate(): all of the memory, with what it holds, goes to another place.
  void move();
  void* data(int buffer) const {
    return static_cast<char*>(arena_.data()) + offsets_[static_cast<std::size_t>(buffer)];
  }

 private:
  struct Binding {
    dnnl::memory memory;
    int buffer;
    std::size_t offset;
  };
  void point_bindings();
  std::vector<std::size_t> sizes_;
  std::vector<int> free_;
  std::vector<Binding> bindings_;
  std::vector<std::size_t> offsets_;                         ///< of each buffer: bytes into the arena
  std::vector<std::pair<std::size_t, std::size_t>> arrays_;  ///< in the arena: offset, bytes
  AlignedBuffer arena_;
};

}  // namespace cnnbench::onednn
