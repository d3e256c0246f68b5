#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "tests/kernels/reference/small_layer.h"

namespace cnnbench {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

// With x = 1000 each neighbour adds 1e-4 / 5 · 1e6 = 20 to the sum: 1000 / 61^0.75 at the edge, where there
// are three of them, 1000 / 81^0.75 beside it, 1000 / 101^0.75 inside.
TEST(Lrn, DividesByTheSquaresOfFiveNeighbouringChannels) {
  SmallLayer layer({6, 1, 1}, LocalResponseNormalization{});
  layer.input.assign(6, 1000);

  const auto edge = DoubleNear(45.81446545362691, 1e-10);
  const auto beside = DoubleNear(37.03703703703704, 1e-10);
  const auto inside = DoubleNear(31.38766217547228, 1e-10);
  EXPECT_THAT(layer.evaluate(Tensor::output), ElementsAre(edge, beside, inside, inside, beside, edge));
}

TEST(Lrn, KeepsPixelsAndSamplesApart) {
  SmallLayer layer({1, 1, 2}, LocalResponseNormalization{}, 2);
  layer.input = {0, 1000, 0, 1000};

  const auto alone = DoubleNear(1000 / std::pow(21, 0.75), 1e-10);
  EXPECT_THAT(layer.evaluate(Tensor::output), ElementsAre(0, alone, 0, alone));
}

SmallLayer one_to_four() {
  SmallLayer layer({1, 1, 2}, BatchNormalization{}, 2);
  layer.input = {1, 2, 3, 4};
  layer.weights = {2};
  layer.bias = {10};
  return layer;
}

// Mean 2.5, biased variance 1.25: (1 - 2.5) / √1.25001 = -1.34163541997.
TEST(BatchNorm, UsesTheMeanAndBiasedVarianceOfTheBatchInTraining) {
  EXPECT_THAT(
      one_to_four().evaluate(Tensor::output),
      ElementsAre(DoubleNear(10 - 2 * 1.34163541997, 1e-10), DoubleNear(10 - 2 * 0.44721180666, 1e-10),
                  DoubleNear(10 + 2 * 0.44721180666, 1e-10), DoubleNear(10 + 2 * 1.34163541997, 1e-10)));
}

TEST(BatchNorm, UsesMeanZeroAndVarianceOneInInference) {
  SmallLayer layer = one_to_four();
  layer.training = false;

  EXPECT_NEAR(layer.evaluate(Tensor::output)[2], 10 + 6 / std::sqrt(1.00001), 1e-12);
}

TEST(BatchNorm, NormalisesEachChannelForItself) {
  SmallLayer layer({2, 1, 1}, BatchNormalization{}, 2);
  layer.input = {1, 1000, 3, 3000};
  layer.weights = {1, 1};

  const std::vector<double> output = layer.evaluate(Tensor::output);

  EXPECT_NEAR(output[0], -1, 1e-5);
  EXPECT_NEAR(output[1], -1, 1e-5);
  EXPECT_NEAR(output[2], 1, 1e-5);
  EXPECT_NEAR(output[3], 1, 1e-5);
}

TEST(BatchNorm, SumsTheGradientsOfScaleAndShift) {
  SmallLayer layer = one_to_four();
  layer.output_gradient = {1, 0, 0, 3};

  EXPECT_NEAR(layer.evaluate(Tensor::weights_gradient)[0], 2 * 1.34163541997, 1e-10);
  EXPECT_THAT(layer.evaluate(Tensor::bias_gradient), ElementsAre(4));
}

// A shift of all inputs and, but for ε, a scaling of them changes nothing.
TEST(BatchNorm, HasAGradientAcrossShiftsAndScalings) {
  SmallLayer layer = one_to_four();
  layer.output_gradient = {1, -5, 2, 7};

  const std::vector<double> gradient = layer.evaluate(Tensor::input_gradient);

  EXPECT_NEAR(gradient[0] + gradient[1] + gradient[2] + gradient[3], 0, 1e-12);
  EXPECT_NEAR(gradient[0] * 1 + gradient[1] * 2 + gradient[2] * 3 + gradient[3] * 4, 0, 1e-3);
}

TEST(BatchNorm, HasNoGradientInInference) {
  SmallLayer layer = one_to_four();
  layer.training = false;

  EXPECT_THROW(layer.evaluate(Tensor::input_gradient), std::invalid_argument);
}

}  // namespace
}  // namespace cnnbench
