#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "kernels/common/buffer_plan.h"

namespace cnnbench::common {
namespace {

/// A step with an operation of each of these layers.
std::vector<Operation> operations_of(const std::vector<int>& layers) {
  std::vector<Operation> operations;
  for (const int layer : layers) operations.push_back({layer, Direction::forward, "", ""});
  return operations;
}

bool overlap(const BufferPlan& plan, int a, std::size_t a_bytes, int b, std::size_t b_bytes) {
  const auto at = [&](int buffer) { return reinterpret_cast<std::uintptr_t>(plan.data(buffer)); };
  return at(a) < at(b) + b_bytes && at(b) < at(a) + a_bytes;
}

/// A chain of layers of one operation: operation i reads buffer i and writes buffer i + 1.
BufferPlan chain(int length, std::size_t bytes) {
  BufferPlan plan;
  std::vector<int> layers;
  for (int i = 0; i <= length; ++i) plan.add(bytes);
  for (int i = 0; i < length; ++i) {
    layers.push_back(i);
    for (const int buffer : {i, i + 1}) plan.use(buffer, static_cast<std::size_t>(i));
  }
  plan.allocate(operations_of(layers));
  return plan;
}

TEST(Liveness, KnowsTheLastOperationOfALayerForwardAndBackward) {
  EXPECT_THAT(last_of_layer(operations_of({0, 0, 1, 2, 1, 1, 0})),
              ::testing::ElementsAre(1, 1, 2, 3, 5, 5, 6));
}

TEST(Liveness, GivesAChainTheMemoryOfTwoBuffers) {
  const BufferPlan plan = chain(7, 6400);
  EXPECT_EQ(plan.bytes(), 2U * 6400);
  EXPECT_EQ(plan.data(0), plan.data(2));
  EXPECT_NE(plan.data(0), plan.data(1));
}

TEST(Liveness, SharesNoMemoryOfADedicatedBuffer) {
  BufferPlan plan;
  const int images = plan.dedicate(64);
  const int a = plan.add(64);
  const int b = plan.add(64);
  plan.use(images, 0);
  plan.use(a, 0);
  plan.use(b, 1);
  plan.allocate(operations_of({0, 1}));
  EXPECT_FALSE(overlap(plan, images, 64, a, 64) || overlap(plan, images, 64, b, 64));
}

// Layer 1 reads `source` in its first operation alone. Where its operations run again, it is still there.
TEST(Liveness, KeepsWhatALayerReadsFromAnotherUntilItsLastOperation) {
  BufferPlan plan;
  const int source = plan.add(64);
  const int copy = plan.add(64);
  const int result = plan.add(64);
  const int next = plan.add(64);
  plan.use(source, 0);
  for (const int buffer : {source, copy}) plan.use(buffer, 1);
  for (const int buffer : {copy, result}) plan.use(buffer, 2);
  for (const int buffer : {result, next}) plan.use(buffer, 3);
  plan.allocate(operations_of({0, 1, 1, 2}));
  EXPECT_FALSE(overlap(plan, source, 64, result, 64));
  EXPECT_TRUE(overlap(plan, source, 64, next, 64) || overlap(plan, copy, 64, next, 64));
}

TEST(Liveness, SharesScratchMemoryInsideOfALayer) {
  BufferPlan plan;
  const int first = plan.add(64);
  const int second = plan.add(64);
  plan.use(first, 0);
  plan.use(second, 1);
  plan.allocate(operations_of({0, 0}));
  EXPECT_EQ(plan.data(first), plan.data(second));
}

TEST(Liveness, TakesTheSmallestFreeMemoryThatIsLargeEnough) {
  BufferPlan plan;
  const std::vector<std::size_t> sizes{1024, 256, 4096};
  for (const std::size_t size : sizes) plan.use(plan.add(size), 0);
  const int in_use = plan.add(1000);  // it would fit better
  const int later = plan.add(1000);
  plan.use(in_use, 0);
  for (const int buffer : {in_use, later}) plan.use(buffer, 1);
  plan.allocate(operations_of({0, 1}));
  EXPECT_EQ(plan.data(later), plan.data(0));
  EXPECT_EQ(plan.bytes(), 1024U + 256 + 4096 + 1024);
}

// Against the definition: no two buffers share memory from the first to the last use of both, and a plan is
// never larger than all buffers side by side.
TEST(Liveness, NeverSharesMemoryOfBuffersThatLiveAtTheSameTime) {
  std::mt19937 random(7);
  const auto below = [&](int end) { return std::uniform_int_distribution<int>(0, end - 1)(random); };
  for (int trial = 0; trial < 200; ++trial) {
    const int operations = 1 + below(12);
    std::vector<int> layers;
    for (int i = 0; i < operations; ++i) layers.push_back(i == 0 ? 0 : layers.back() + below(2));
    struct Use {
      std::size_t bytes;
      int first;
      int last;
    };
    std::vector<Use> uses;
    BufferPlan plan;
    std::size_t all = 0;
    for (int i = 0; i < 10; ++i) {
      const int first = below(operations);
      uses.push_back(
          {64U * static_cast<std::size_t>(1 + below(9)), first, first + below(operations - first)});
      plan.add(uses.back().bytes);
      plan.use(i, static_cast<std::size_t>(uses.back().last));
      plan.use(i, static_cast<std::size_t>(first));
      all += uses.back().bytes;
    }
    plan.allocate(operations_of(layers));
    EXPECT_LE(plan.bytes(), all);
    for (int a = 0; a < 10; ++a)
      for (int b = 0; b < a; ++b) {
        const Use& one = uses[static_cast<std::size_t>(a)];
        const Use& other = uses[static_cast<std::size_t>(b)];
        if (one.first <= other.last && other.first <= one.last) {
          EXPECT_FALSE(overlap(plan, a, one.bytes, b, other.bytes)) << trial;
        }
      }
  }
}

}  // namespace
}  // namespace cnnbench::common
