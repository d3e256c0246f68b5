#include "harness/machine/peak_memory.h"

#include <gtest/gtest.h>

#include <vector>

namespace cnnbench {
namespace {

/// Touches so much memory and gives it back.
void take(std::size_t bytes) {
  const std::vector<char> memory(bytes, 1);
  ASSERT_EQ(memory[bytes / 2], 1);
}

TEST(PeakMemory, IsTheMostSinceTheReset) {
  constexpr std::int64_t much = std::int64_t{300} << 20;
  if (!reset_peak_memory()) GTEST_SKIP() << "the kernel does not let it";
  const std::int64_t before = peak_memory_bytes().value();
  take(static_cast<std::size_t>(much));
  EXPECT_GE(peak_memory_bytes().value(), before + much * 9 / 10);
  ASSERT_TRUE(reset_peak_memory());
  EXPECT_LT(peak_memory_bytes().value(), before + much / 2);
}

}  // namespace
}  // namespace cnnbench
