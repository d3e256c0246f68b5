#include "kernels/torch/buffers.h"

#include <c10/core/CPUAllocator.h>
#include <sys/mman.h>

#include <cstdlib>
#include <map>
#include <mutex>
#include <new>
#include <unordered_map>

#include "kernels/torch/compat.h"

namespace cnnbench::torch {
namespace {

constexpr std::size_t cache_line = 64;
constexpr std::size_t huge_page = std::size_t{2} << 20;

class Cache final : public compat::Allocator {
 public:
  /// Never destroyed: tensors in static storage of the library may outlive everything else.
  static Cache& instance() {
    static Cache* const cache = new Cache;
    return *cache;
  }

  c10::DeleterFnPtr raw_deleter() const override { return &give_back; }

  void trim() {
    const std::lock_guard lock(mutex_);
    for (const auto& [size, block] : free_) {
      sizes_.erase(block);
      std::free(block);
    }
    free_.clear();
  }

 protected:
  c10::DataPtr allocate_bytes(std::size_t bytes) const override {
    void* const block = bytes == 0 ? nullptr : take(bytes);
    return {block, block, &give_back, at::Device(at::DeviceType::CPU)};
  }

 private:
  void* take(std::size_t bytes) const {
    const std::size_t alignment = bytes >= huge_page ? huge_page : cache_line;
    const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
    const std::lock_guard lock(mutex_);
    // The smallest that is large enough, unless half of it would lie idle.
    const auto found = free_.lower_bound(rounded);
    if (found != free_.end() && found->first <= 2 * rounded) {
      void* const block = found->second;
      free_.erase(found);
      return block;
    }
    void* const block = std::aligned_alloc(alignment, rounded);
    if (block == nullptr) throw std::bad_alloc();
    if (alignment == huge_page) madvise(block, rounded, MADV_HUGEPAGE);
    sizes_.emplace(block, rounded);
    return block;
  }

  static void give_back(void* block) {
    if (block == nullptr) return;
    const Cache& cache = instance();
    const std::lock_guard lock(cache.mutex_);
    cache.free_.emplace(cache.sizes_.at(block), block);
  }

  // The interface allocates through a constant object.
  mutable std::mutex mutex_;
  mutable std::multimap<std::size_t, void*> free_;
  mutable std::unordered_map<void*, std::size_t> sizes_;
};

}  // namespace

void cache_memory() {
  static const bool once = [] {
    c10::SetCPUAllocator(&Cache::instance(), 1);
    return true;
  }();
  static_cast<void>(once);
}

void trim_memory() {
  Cache::instance().trim();
}

}  // namespace cnnbench::torch
