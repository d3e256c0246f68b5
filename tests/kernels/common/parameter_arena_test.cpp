#include "kernels/common/parameter_arena.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

namespace cnnbench::common {
namespace {

ParameterArena arena(bool with_gradients) {
  ParameterArena result;
  result.add(0, Tensor::weights, 20);
  result.add(0, Tensor::bias, 3);
  result.add(2, Tensor::weights, 7);
  result.allocate(with_gradients);
  return result;
}

TEST(ParameterArena, HasEachTensorOnACacheLineAndZerosBetween) {
  const ParameterArena all = arena(true);
  EXPECT_EQ(all.parameters().size(), 32U + 16 + 16);
  EXPECT_TRUE(std::ranges::all_of(all.parameters(), [](float x) { return x == 0; }));
  EXPECT_EQ(all.find(0, Tensor::bias).data(), all.parameters().data() + 32);
  EXPECT_EQ(all.find(2, Tensor::weights).data(), all.parameters().data() + 48);
  EXPECT_EQ(all.find(2, Tensor::weights).size(), 7U);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(all.parameters().data()) % 64, 0U);
}

TEST(ParameterArena, HasAGradientWhereItsParameterIs) {
  const ParameterArena all = arena(true);
  EXPECT_EQ(all.find(0, Tensor::bias_gradient).data() - all.gradients().data(),
            all.find(0, Tensor::bias).data() - all.parameters().data());
  EXPECT_EQ(all.gradients().size(), all.parameters().size());
}

TEST(ParameterArena, HasNothingElse) {
  const ParameterArena all = arena(false);
  EXPECT_TRUE(all.gradients().empty());
  EXPECT_TRUE(all.find(0, Tensor::weights_gradient).empty());
  EXPECT_TRUE(all.find(1, Tensor::weights).empty());
  EXPECT_TRUE(all.find(2, Tensor::bias).empty());
  EXPECT_TRUE(all.find(3, Tensor::weights).empty());
  EXPECT_TRUE(all.find(0, Tensor::input).empty());
  EXPECT_EQ(all.find(1, Tensor::weights).data(), nullptr);
}

TEST(ParameterArena, KeepsWhatItHoldsWhereItIsMoved) {
  ParameterArena all = arena(true);
  std::ranges::fill(all.find(2, Tensor::weights), 3.0F);
  std::ranges::fill(all.find(0, Tensor::weights_gradient), 4.0F);
  const float* const parameters = all.parameters().data();
  const float* const gradients = all.gradients().data();
  all.move();
  EXPECT_NE(all.parameters().data(), parameters);
  EXPECT_NE(all.gradients().data(), gradients);
  EXPECT_TRUE(std::ranges::all_of(all.find(2, Tensor::weights), [](float x) { return x == 3; }));
  EXPECT_TRUE(std::ranges::all_of(all.find(0, Tensor::weights_gradient), [](float x) { return x == 4; }));
}

}  // namespace
}  // namespace cnnbench::common
