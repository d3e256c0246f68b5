#include "kernels/onednn/buffers.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace cnnbench::onednn {
namespace {

constexpr std::size_t cache_line = 64;
constexpr std::size_t huge_page = std::size_t{2} << 20;
#if defined(__SANITIZE_ADDRESS__)
constexpr std::size_t guard = cache_line;  // behind each buffer, which nobody may touch
#else
constexpr std::size_t guard = 0;
#endif

std::size_t rounded_up(std::size_t bytes, std::size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

}  // namespace

void AlignedBuffer::Free::operator()(void* pointer) const {
  std::free(pointer);
}

AlignedBuffer::AlignedBuffer(std::size_t bytes)
    : AlignedBuffer(bytes, bytes >= huge_page ? huge_page : cache_line,
                    std::array{std::pair{std::size_t{0}, bytes}}) {}

AlignedBuffer::AlignedBuffer(std::size_t bytes, std::span<const std::pair<std::size_t, std::size_t>> arrays)
    : AlignedBuffer(bytes, huge_page, arrays) {}

AlignedBuffer::AlignedBuffer(std::size_t bytes, std::size_t alignment,
                             std::span<const std::pair<std::size_t, std::size_t>> arrays)
    : bytes_(rounded_up(std::max<std::size_t>(bytes, 1), alignment)),
      alignment_(alignment),
      arrays_(arrays.begin(), arrays.end()),
      data_(allocated()) {
  for (const auto& [offset, length] : arrays_) {
    char* const first = static_cast<char*>(data()) + offset;
#pragma omp parallel for schedule(static)
    for (std::size_t done = 0; done < length; done += huge_page)
      std::memset(first + done, 0, std::min(huge_page, length - done));
  }
}

AlignedBuffer::Memory AlignedBuffer::allocated() const {
  Memory memory(std::aligned_alloc(alignment_, bytes_));
  if (!memory) throw std::bad_alloc();
  // Only advice: fewer TLB misses where the kernel follows it, the same result where it does not.
  if (alignment_ == huge_page) madvise(memory.get(), bytes_, MADV_HUGEPAGE);
  return memory;
}

void AlignedBuffer::move() {
  if (!data_) return;
  Memory elsewhere = allocated();
  for (const auto& [offset, length] : arrays_) {
    const char* const from = static_cast<const char*>(data()) + offset;
    char* const to = static_cast<char*>(elsewhere.get()) + offset;
#pragma omp parallel for schedule(static)
    for (std::size_t done = 0; done < length; done += huge_page)
      std::memcpy(to + done, from + done, std::min(huge_page, length - done));
  }
  data_ = std::move(elsewhere);
}

int BufferPlan::acquire(std::size_t bytes) {
  // Best fit: the smallest that is large enough, else the largest, which then grows.
  const auto better = [&](int a, int b) {
    const std::size_t size_a = sizes_[static_cast<std::size_t>(a)];
    const std::size_t size_b = sizes_[static_cast<std::size_t>(b)];
    if ((size_a >= bytes) != (size_b >= bytes)) return size_a >= bytes;
    return size_a >= bytes ? size_a < size_b : size_a > size_b;
  };
  const auto best = std::min_element(free_.begin(), free_.end(), better);
  if (best == free_.end()) return dedicate(bytes);
  const int buffer = *best;
  free_.erase(best);
  std::size_t& size = sizes_[static_cast<std::size_t>(buffer)];
  size = std::max(size, bytes);
  return buffer;
}

int BufferPlan::dedicate(std::size_t bytes) {
  sizes_.push_back(bytes);
  return static_cast<int>(sizes_.size()) - 1;
}

void BufferPlan::release(int buffer) {
  free_.push_back(buffer);
}

void BufferPlan::bind(const dnnl::memory& memory, int buffer, std::size_t offset) {
  bindings_.push_back({memory, buffer, offset});
}

void BufferPlan::allocate() {
  std::size_t end = 0;
  for (const std::size_t size : sizes_) {
    offsets_.push_back(end);
    arrays_.emplace_back(end, rounded_up(size, cache_line));
    end += arrays_.back().second + guard;
  }
  arena_ = AlignedBuffer(end, arrays_);
  point_bindings();
}

void BufferPlan::move() {
  arena_.move();
  point_bindings();
}

void BufferPlan::point_bindings() {
#if defined(__SANITIZE_ADDRESS__)
  for (const auto& [offset, length] : arrays_)
    ASAN_POISON_MEMORY_REGION(static_cast<char*>(arena_.data()) + offset + length, guard);
#endif
  for (Binding& binding : bindings_)
    binding.memory.set_data_handle(static_cast<char*>(data(binding.buffer)) + binding.offset);
}

}  // namespace cnnbench::onednn
