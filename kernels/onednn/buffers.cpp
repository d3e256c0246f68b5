#include "kernels/onednn/buffers.h"

namespace cnnbench::onednn {

void BoundBuffers::use(const dnnl::memory& memory, std::size_t operation) {
  for (const auto& [bound, buffer] : bindings_)
    if (memory && bound.get() == memory.get()) BufferPlan::use(buffer, operation);
}

void BoundBuffers::allocate(const std::vector<Operation>& operations) {
  BufferPlan::allocate(operations);
  point_bindings();
}

void BoundBuffers::move() {
  BufferPlan::move();
  point_bindings();
}

void BoundBuffers::point_bindings() {
  for (auto& [memory, buffer] : bindings_) memory.set_data_handle(data(buffer));
}

}  // namespace cnnbench::onednn
