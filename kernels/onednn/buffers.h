#pragma once

#include <oneapi/dnnl/dnnl.hpp>
#include <utility>
#include <vector>

#include "kernels/common/buffer_plan.h"

namespace cnnbench::onednn {

using common::AlignedBuffer;

/// Buffers, and the library's memory objects that lie in them: those have their addresses from allocate() on,
/// and others after move().
class BoundBuffers : public common::BufferPlan {
 public:
  /// The memory begins where the buffer does.
  void bind(const dnnl::memory& memory, int buffer) { bindings_.emplace_back(memory, buffer); }

  /// The operation, by its index, reads or writes the memory. Nothing where it is not bound to a buffer.
  void use(const dnnl::memory& memory, std::size_t operation);

  void allocate(const std::vector<Operation>& operations);
  void move();

 private:
  void point_bindings();
  std::vector<std::pair<dnnl::memory, int>> bindings_;
};

}  // namespace cnnbench::onednn
