#include "kernels/common/buffer_plan.h"

#include <algorithm>
#include <numeric>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace cnnbench::common {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr std::size_t guard_bytes = cache_line;  // behind each buffer, which nobody may touch
#else
constexpr std::size_t guard_bytes = 0;
#endif
constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

}  // namespace

std::vector<std::size_t> last_of_layer(const std::vector<Operation>& operations) {
  std::vector<std::size_t> last(operations.size());
  for (std::size_t i = operations.size(); i-- > 0;) {
    const bool same = i + 1 < operations.size() && operations[i + 1].layer == operations[i].layer;
    last[i] = same ? last[i + 1] : i;
  }
  return last;
}

int BufferPlan::add(std::size_t bytes) {
  buffers_.push_back({bytes, false});
  return static_cast<int>(buffers_.size()) - 1;
}

int BufferPlan::dedicate(std::size_t bytes) {
  buffers_.push_back({bytes, true});
  return static_cast<int>(buffers_.size()) - 1;
}

void BufferPlan::use(int buffer, std::size_t operation) {
  Buffer& used = buffers_[static_cast<std::size_t>(buffer)];
  used.first = std::min(used.first, operation);
  used.last = std::max(used.last, operation);
}

void BufferPlan::allocate(const std::vector<Operation>& operations) {
  const std::vector<std::size_t> last = last_of_layer(operations);
  for (Buffer& buffer : buffers_) {
    if (buffer.dedicated || buffer.first == never)
      buffer.first = 0, buffer.last = never;
    else if (last[buffer.first] != last[buffer.last])
      buffer.last = last[buffer.last];
  }
  std::vector<std::size_t> order(buffers_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return buffers_[a].first < buffers_[b].first; });
  std::vector<std::size_t> slot_of(buffers_.size());
  for (const std::size_t buffer : order) slot_of[buffer] = slot_for(buffers_[buffer]);

  std::size_t end = 0;
  for (const Slot& slot : slots_) {
    const std::size_t rounded = (slot.bytes + cache_line - 1) / cache_line * cache_line;
    arrays_.push_back({end, rounded});
    bytes_ += rounded;
    end += rounded + guard_bytes;
  }
  for (const std::size_t slot : slot_of) offsets_.push_back(arrays_[slot].offset);
  arena_ = AlignedBuffer(end, arrays_, threads_);
  guard();
}

/// Best fit: the smallest free slot that is large enough, else the largest, which then grows, else a new one.
std::size_t BufferPlan::slot_for(const Buffer& buffer) {
  const auto better = [&](const Slot& a, const Slot& b) {
    const bool a_free = a.free_after < buffer.first, b_free = b.free_after < buffer.first;
    const bool a_fits = a.bytes >= buffer.bytes, b_fits = b.bytes >= buffer.bytes;
    if (a_free != b_free) return a_free;
    if (a_fits != b_fits) return a_fits;
    return a_fits ? a.bytes < b.bytes : a.bytes > b.bytes;
  };
  auto slot = std::min_element(slots_.begin(), slots_.end(), better);
  if (slot == slots_.end() || buffer.last == never || slot->free_after >= buffer.first)
    slot = slots_.insert(slots_.end(), Slot{});
  slot->bytes = std::max(slot->bytes, buffer.bytes);
  slot->free_after = buffer.last;
  return static_cast<std::size_t>(slot - slots_.begin());
}

void BufferPlan::move() {
  arena_.move();
  guard();
}

void BufferPlan::guard() const {
#if defined(__SANITIZE_ADDRESS__)
  for (const AlignedBuffer::Array& array : arrays_)
    ASAN_POISON_MEMORY_REGION(static_cast<char*>(arena_.data()) + array.offset + array.bytes, guard_bytes);
#endif
}

}  // namespace cnnbench::common
