#pragma once

#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include "harness/backend/backend.h"
#include "kernels/common/aligned_buffer.h"

namespace cnnbench::common {

/// For each operation of a step the last one of its layer's: operations of one layer stand together, once
/// forward and once backward, and Program::run() may be asked to run them again and again.
std::vector<std::size_t> last_of_layer(const std::vector<Operation>& operations);

/// Memory of a program, planned by liveness while it is built and allocated once at the end, in one piece. A
/// buffer lives from the first operation that uses it to the last; where a later layer than the one that
/// wrote it reads it, to the end of that layer, whose operations may run again. Buffers that do not live at
/// the same time share memory.
///
/// Equal programs have equal plans, so that each tensor lies at the same place of a huge page: where tensors
/// lie to one another decides which lines of a cache they compete for, and made equal layers differ by 4 %.
class BufferPlan {
 public:
  /// `threads` zero the memory, and copy it where it is moved: see AlignedBuffer.
  explicit BufferPlan(ParallelFor threads = openmp_for) : threads_(std::move(threads)) {}

  /// A new buffer of at least `bytes`.
  int add(std::size_t bytes);

  /// A new buffer that shares its memory with no other, for what has to outlast a step.
  int dedicate(std::size_t bytes);

  /// The operation, by its index, reads or writes the buffer.
  void use(int buffer, std::size_t operation);

  /// Allocates all buffers. `operations` are those of the step. Throws std::bad_alloc.
  void allocate(const std::vector<Operation>& operations);

  /// After allocate(): all of the memory, with what it holds, goes to another place. Throws std::bad_alloc;
  /// all is where it was then.
  void move();

  /// After allocate(): the buffer's address, on a cache line.
  void* data(int buffer) const {
    return static_cast<char*>(arena_.data()) + offsets_[static_cast<std::size_t>(buffer)];
  }

  /// After allocate(): what all buffers take together.
  std::size_t bytes() const { return bytes_; }

 private:
  struct Buffer {
    std::size_t bytes;
    bool dedicated;
    std::size_t first = std::numeric_limits<std::size_t>::max();  ///< operation that uses it
    std::size_t last = 0;
  };
  /// Memory that buffers share one after the other.
  struct Slot {
    std::size_t bytes;
    std::size_t free_after;  ///< this operation
  };
  std::size_t slot_for(const Buffer& buffer);
  void guard() const;

  ParallelFor threads_;
  std::vector<Buffer> buffers_;
  std::vector<Slot> slots_;
  std::vector<std::size_t> offsets_;          ///< of each buffer: bytes into the arena
  std::vector<AlignedBuffer::Array> arrays_;  ///< of the slots
  std::size_t bytes_ = 0;
  AlignedBuffer arena_;
};

}  // namespace cnnbench::common
