#include "kernels/gemm/buffers.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace cnnbench::gemm {
namespace {

constexpr std::size_t cache_line = 64;
constexpr std::size_t huge_page = std::size_t{2} << 20;

}  // namespace

void AlignedBuffer::Free::operator()(float* pointer) const {
  std::free(pointer);
}

AlignedBuffer::AlignedBuffer(std::int64_t elements) {
  const std::size_t bytes = std::max<std::size_t>(static_cast<std::size_t>(elements) * sizeof(float), 1);
  const std::size_t alignment = bytes >= huge_page ? huge_page : cache_line;
  const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  void* const memory = std::aligned_alloc(alignment, rounded);
  if (memory == nullptr) throw std::bad_alloc();
  data_.reset(static_cast<float*>(memory));
  // Only advice: fewer TLB misses where the kernel follows it, the same result where it does not.
  if (alignment == huge_page) madvise(memory, rounded, MADV_HUGEPAGE);
  // Zeroed by all threads, so that the pages lie near the cores that will use them.
  char* const begin = static_cast<char*>(memory);
#pragma omp parallel for schedule(static)
  for (std::size_t first = 0; first < rounded; first += huge_page)
    std::memset(begin + first, 0, std::min(huge_page, rounded - first));
}

int BufferPlan::acquire(std::int64_t elements) {
  // Best fit: the smallest that is large enough, else the largest, which then grows.
  const auto better = [&](int a, int b) {
    const std::int64_t size_a = sizes_[static_cast<std::size_t>(a)];
    const std::int64_t size_b = sizes_[static_cast<std::size_t>(b)];
    if ((size_a >= elements) != (size_b >= elements)) return size_a >= elements;
    return size_a >= elements ? size_a < size_b : size_a > size_b;
  };
  const auto best = std::min_element(free_.begin(), free_.end(), better);
  if (best == free_.end()) return dedicate(elements);
  const int buffer = *best;
  free_.erase(best);
  std::int64_t& size = sizes_[static_cast<std::size_t>(buffer)];
  size = std::max(size, elements);
  return buffer;
}

int BufferPlan::dedicate(std::int64_t elements) {
  sizes_.push_back(elements);
  return static_cast<int>(sizes_.size()) - 1;
}

void BufferPlan::allocate() {
  for (const std::int64_t size : sizes_) buffers_.emplace_back(size);
}

}  // namespace cnnbench::gemm
