#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "kernels/common/buffer_plan.h"

namespace cnnbench::common {
namespace {

constexpr std::uintptr_t huge_page = std::uintptr_t{2} << 20;

std::uintptr_t address(const BufferPlan& plan, int buffer) {
  return reinterpret_cast<std::uintptr_t>(plan.data(buffer));
}

BufferPlan planned(const std::vector<std::size_t>& sizes) {
  BufferPlan plan;
  for (const std::size_t size : sizes) plan.dedicate(size);
  plan.allocate({});
  return plan;
}

// Small buffers that malloc gave would lie anywhere.
TEST(BufferPlan, OfEqualProgramsHasEachBufferAtTheSamePlaceOfAHugePage) {
  const std::vector<std::size_t> sizes{1000, 64, 300'000, 5'000'000, 12};
  const BufferPlan plan = planned(sizes);
  const std::vector<char> between(12'345);
  const BufferPlan other = planned(sizes);
  for (int buffer = 0; buffer < static_cast<int>(sizes.size()); ++buffer)
    EXPECT_EQ(address(plan, buffer) % huge_page, address(other, buffer) % huge_page) << buffer;
}

TEST(BufferPlan, HasBuffersOnCacheLinesOfTheirOwn) {
  const std::vector<std::size_t> sizes{1000, 64, 300'000, 12, 1};
  const BufferPlan plan = planned(sizes);
  std::uintptr_t end = 0;
  for (int buffer = 0; buffer < static_cast<int>(sizes.size()); ++buffer) {
    EXPECT_EQ(address(plan, buffer) % 64, 0U);
    EXPECT_GE(address(plan, buffer), end);
    end = address(plan, buffer) + sizes[static_cast<std::size_t>(buffer)];
  }
}

TEST(BufferPlan, KeepsWhatItHoldsWhereItIsMoved) {
  const std::vector<std::size_t> sizes{1000, 5'000'000, 12};
  BufferPlan plan = planned(sizes);
  std::vector<std::uintptr_t> before;
  for (int buffer = 0; buffer < static_cast<int>(sizes.size()); ++buffer) {
    before.push_back(address(plan, buffer));
    std::memset(plan.data(buffer), buffer + 1, sizes[static_cast<std::size_t>(buffer)]);
  }
  plan.move();
  for (int buffer = 0; buffer < static_cast<int>(sizes.size()); ++buffer) {
    const std::size_t size = sizes[static_cast<std::size_t>(buffer)];
    EXPECT_NE(address(plan, buffer), before[static_cast<std::size_t>(buffer)]);
    EXPECT_EQ(address(plan, buffer) % huge_page, before[static_cast<std::size_t>(buffer)] % huge_page);
    const char* const bytes = static_cast<const char*>(plan.data(buffer));
    EXPECT_TRUE(std::all_of(bytes, bytes + size, [&](char byte) { return byte == buffer + 1; })) << buffer;
  }
}

}  // namespace
}  // namespace cnnbench::common
