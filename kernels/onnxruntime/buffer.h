#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

namespace cnnbench::onnxruntime {

/// Memory for floats, aligned to 64 bytes. Not touched here, so that its pages lie near the cores that first
/// write them.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t elements) {
    constexpr std::size_t alignment = 64;
    const std::size_t bytes = std::max<std::size_t>(1, elements) * sizeof(float);
    data_.reset(
        static_cast<float*>(std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment)));
    if (!data_) throw std::bad_alloc();
  }
  float* data() const { return data_.get(); }

 private:
  struct Free {
    void operator()(float* pointer) const { std::free(pointer); }
  };
  std::unique_ptr<float, Free> data_;
};

}  // namespace cnnbench::onnxruntime
