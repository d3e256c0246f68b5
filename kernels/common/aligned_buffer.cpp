#include "kernels/common/aligned_buffer.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace cnnbench::common {
namespace {

constexpr std::size_t huge_page = std::size_t{2} << 20;

}  // namespace

void openmp_for(std::int64_t count, const LoopBody& body) {
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < count; ++i) body(i, i + 1);
}

void AlignedBuffer::Free::operator()(void* pointer) const {
  std::free(pointer);
}

AlignedBuffer::AlignedBuffer(std::size_t bytes)
    : AlignedBuffer(bytes, bytes >= huge_page ? huge_page : cache_line, {{0, bytes}}, openmp_for) {}

AlignedBuffer::AlignedBuffer(std::size_t bytes, std::vector<Array> arrays, ParallelFor threads)
    : AlignedBuffer(bytes, huge_page, std::move(arrays), std::move(threads)) {}

AlignedBuffer::AlignedBuffer(std::size_t bytes, std::size_t alignment, std::vector<Array> arrays,
                             ParallelFor threads)
    : bytes_((std::max<std::size_t>(bytes, 1) + alignment - 1) / alignment * alignment),
      alignment_(alignment),
      arrays_(std::move(arrays)),
      threads_(std::move(threads)),
      data_(allocated()) {
  char* const memory = static_cast<char*>(data());
  for_pieces([memory](std::size_t first, std::size_t length) { std::memset(memory + first, 0, length); });
}

AlignedBuffer::Memory AlignedBuffer::allocated() const {
  Memory memory(std::aligned_alloc(alignment_, bytes_));
  if (!memory) throw std::bad_alloc();
  // Only advice: fewer TLB misses where the kernel follows it, the same result where it does not.
  if (alignment_ == huge_page) madvise(memory.get(), bytes_, MADV_HUGEPAGE);
  return memory;
}

template <typename Visit>
void AlignedBuffer::for_pieces(Visit visit) const {
  if (!threads_) return;
  for (const Array& array : arrays_)
    threads_(static_cast<std::int64_t>((array.bytes + huge_page - 1) / huge_page),
             [&](std::int64_t begin, std::int64_t end) {
               const std::size_t first = static_cast<std::size_t>(begin) * huge_page;
               const std::size_t last = std::min(static_cast<std::size_t>(end) * huge_page, array.bytes);
               visit(array.offset + first, last - first);
             });
}

void AlignedBuffer::move() {
  if (!data_) return;
  Memory elsewhere = allocated();
  const char* const from = static_cast<const char*>(data());
  char* const to = static_cast<char*>(elsewhere.get());
  for_pieces([=](std::size_t first, std::size_t bytes) { std::memcpy(to + first, from + first, bytes); });
  data_ = std::move(elsewhere);
}

}  // namespace cnnbench::common
