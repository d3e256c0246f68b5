#include "kernels/xnnpack/buffers.h"

#include <sys/mman.h>
#include <xnnpack.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace cnnbench::xnnpack {
namespace {

constexpr std::size_t cache_line = 64;
constexpr std::size_t huge_page = std::size_t{2} << 20;

}  // namespace

void AlignedBuffer::Free::operator()(void* pointer) const {
  std::free(pointer);
}

AlignedBuffer::AlignedBuffer(std::size_t bytes, const ThreadPool& pool) {
  const std::size_t alignment = bytes >= huge_page ? huge_page : cache_line;
  const std::size_t rounded = (std::max<std::size_t>(bytes, 1) + alignment - 1) / alignment * alignment;
  data_.reset(std::aligned_alloc(alignment, rounded));
  if (!data_) throw std::bad_alloc();
  // Only advice: fewer TLB misses where the kernel follows it, the same result where it does not.
  if (alignment == huge_page) madvise(data_.get(), rounded, MADV_HUGEPAGE);
  // Zeroed by all threads, so that the pages lie near the cores that will use them.
  char* const first = static_cast<char*>(data_.get());
  const auto pages = static_cast<std::int64_t>((rounded + huge_page - 1) / huge_page);
  pool.run(
      pages,
      [&](std::int64_t begin, std::int64_t end) {
        const std::size_t from = static_cast<std::size_t>(begin) * huge_page;
        std::memset(first + from, 0, std::min(static_cast<std::size_t>(end) * huge_page, rounded) - from);
      },
      true);
}

int BufferPlan::acquire(std::size_t elements) {
  // Best fit: the smallest that is large enough, else the largest, which then grows.
  const auto better = [&](int a, int b) {
    const std::size_t size_a = sizes_[static_cast<std::size_t>(a)];
    const std::size_t size_b = sizes_[static_cast<std::size_t>(b)];
    if ((size_a >= elements) != (size_b >= elements)) return size_a >= elements;
    return size_a >= elements ? size_a < size_b : size_a > size_b;
  };
  const auto best = std::min_element(free_.begin(), free_.end(), better);
  if (best == free_.end()) {
    sizes_.push_back(elements);
    return static_cast<int>(sizes_.size()) - 1;
  }
  const int buffer = *best;
  free_.erase(best);
  std::size_t& size = sizes_[static_cast<std::size_t>(buffer)];
  size = std::max(size, elements);
  return buffer;
}

void BufferPlan::allocate(const ThreadPool& pool) {
  for (const std::size_t size : sizes_) buffers_.emplace_back(size * sizeof(float) + XNN_EXTRA_BYTES, pool);
}

}  // namespace cnnbench::xnnpack
