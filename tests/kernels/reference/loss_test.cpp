#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/kernels/reference/small_layer.h"

namespace cnnbench {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;

TEST(L2, IsHalfTheSumOfSquaresOverTheBatch) {
  std::vector<float> gradient(4);

  const double loss = oracle().loss(Loss::l2, 2, std::vector<float>{1, -2, 3, 4}, {}, gradient);

  EXPECT_EQ(loss, 15);
  EXPECT_THAT(gradient, ElementsAre(1, -2, 3, 4));
}

// softmax(1, 2, 3) = (0.09003057, 0.24472847, 0.66524096), -log of which is (2.40760596, 1.40760596,
// 0.40760596).
TEST(CrossEntropy, IsTheMeanOfMinusTheLogarithmOfTheLabelsProbability) {
  std::vector<float> gradient(6);

  const double loss = oracle().loss(Loss::cross_entropy, 2, std::vector<float>{1, 2, 3, 1, 2, 3},
                                    std::vector<std::int32_t>{2, 0}, gradient);

  EXPECT_NEAR(loss, (0.40760596 + 2.40760596) / 2, 1e-8);
  EXPECT_THAT(gradient, ElementsAre(FloatNear(0.045015285f, 1e-8f), FloatNear(0.122364235f, 1e-8f),
                                    FloatNear(-0.16737952f, 2e-8f), FloatNear(-0.454984715f, 4e-8f),
                                    FloatNear(0.122364235f, 1e-8f), FloatNear(0.33262048f, 4e-8f)));
}

TEST(CrossEntropy, DoesNotOverflow) {
  EXPECT_EQ(
      oracle().loss(Loss::cross_entropy, 1, std::vector<float>{10000, 0}, std::vector<std::int32_t>{1}, {}),
      10000);
}

TEST(CrossEntropy, RefusesALabelThatIsNoClass) {
  const std::vector<float> logits{1, 2};
  for (const std::int32_t label : {-1, 2})
    EXPECT_THROW(oracle().loss(Loss::cross_entropy, 1, logits, std::vector<std::int32_t>{label}, {}),
                 std::invalid_argument);
}

TEST(Loss, RefusesSizesThatDoNotFit) {
  const std::vector<float> logits{1, 2, 3};
  std::vector<float> gradient(2);

  EXPECT_THROW(oracle().loss(Loss::l2, 2, logits, {}, {}), std::invalid_argument);
  EXPECT_THROW(oracle().loss(Loss::l2, 1, logits, {}, gradient), std::invalid_argument);
  EXPECT_THROW(oracle().loss(Loss::cross_entropy, 1, logits, {}, {}), std::invalid_argument);
}

}  // namespace
}  // namespace cnnbench
