#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/kernels/reference/small_layer.h"

namespace cnnbench {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

SmallLayer of(Activation function, const std::vector<float>& input) {
  SmallLayer layer({static_cast<std::int64_t>(input.size()), 1, 1}, ActivationLayer{function});
  layer.input = input;
  return layer;
}

// tanh 0.5 = 0.46211715726000976, 1 / (1 + e^-1) = 0.7310585786300049 (tables).
TEST(ActivationLayer, AppliesItsFunction) {
  EXPECT_THAT(of(Activation::relu, {-2, 0, 3}).evaluate(Tensor::output), ElementsAre(0, 0, 3));
  EXPECT_THAT(of(Activation::tanh, {0.5f, -0.5f}).evaluate(Tensor::output),
              ElementsAre(DoubleNear(0.46211715726000976, 1e-15), DoubleNear(-0.46211715726000976, 1e-15)));
  EXPECT_THAT(of(Activation::sigmoid, {1, 0}).evaluate(Tensor::output),
              ElementsAre(DoubleNear(0.7310585786300049, 1e-15), 0.5));
}

TEST(ActivationLayer, TakesItsDerivativeFromTheOutput) {
  SmallLayer relu = of(Activation::relu, {0, 0});
  relu.output = {0, 2};
  relu.output_gradient = {3, 3};
  SmallLayer tanh = of(Activation::tanh, {0});
  tanh.output = {0.5};
  tanh.output_gradient = {4};
  SmallLayer sigmoid = of(Activation::sigmoid, {0});
  sigmoid.output = {0.25};
  sigmoid.output_gradient = {16};

  EXPECT_THAT(relu.evaluate(Tensor::input_gradient), ElementsAre(0, 3));
  EXPECT_THAT(tanh.evaluate(Tensor::input_gradient), ElementsAre(3));
  EXPECT_THAT(sigmoid.evaluate(Tensor::input_gradient), ElementsAre(3));
}

TEST(ActivationLayer, HasAMagnitudeOfAtLeastItsValue) {
  EXPECT_THAT(of(Activation::sigmoid, {0}).magnitudes(Tensor::output), ElementsAre(0.5));
  EXPECT_THAT(of(Activation::relu, {-2, 3}).magnitudes(Tensor::output), ElementsAre(2, 3));
}

SmallLayer dropout() {
  SmallLayer layer({4, 1, 1}, Dropout{0.5});
  layer.input = {1, 2, 3, 4};
  layer.mask = {0, 2, 0, 2};
  layer.output_gradient = {10, 20, 30, 40};
  return layer;
}

TEST(Dropout, MultipliesByTheMaskBothWays) {
  EXPECT_THAT(dropout().evaluate(Tensor::output), ElementsAre(0, 4, 0, 8));
  EXPECT_THAT(dropout().evaluate(Tensor::input_gradient), ElementsAre(0, 40, 0, 80));
}

TEST(Dropout, LeavesTheInputAloneInInference) {
  SmallLayer layer = dropout();
  layer.training = false;

  EXPECT_THAT(layer.evaluate(Tensor::output), ElementsAre(1, 2, 3, 4));
}

TEST(Dropout, NeedsItsMaskInTraining) {
  SmallLayer layer = dropout();
  layer.mask.clear();

  EXPECT_THROW(layer.evaluate(Tensor::output), std::invalid_argument);
}

// The constants of OverFeat's first layer: mean, and mean plus one standard deviation.
TEST(Standardize, SubtractsTheMeanAndDividesByTheDeviation) {
  SmallLayer layer({2, 1, 1}, Standardize{118.380948, 61.896913});
  layer.input = {118.380948f, 180.277861f};

  EXPECT_THAT(layer.evaluate(Tensor::output), ElementsAre(DoubleNear(0, 2e-7), DoubleNear(1, 2e-7)));
}

TEST(Standardize, DividesTheGradientByTheDeviation) {
  SmallLayer layer({1, 1, 1}, Standardize{118, 4});
  layer.output_gradient = {2};

  EXPECT_THAT(layer.evaluate(Tensor::input_gradient), ElementsAre(0.5));
}

TEST(Standardize, HasAMagnitudeThatDoesNotCancel) {
  SmallLayer layer({1, 1, 1}, Standardize{100, 4});
  layer.input = {100};

  EXPECT_THAT(layer.magnitudes(Tensor::output), ElementsAre(50));
}

TEST(Flatten, ChangesNothing) {
  SmallLayer layer({2, 1, 2}, Flatten{});
  layer.input = {1, 2, 3, -4};
  layer.output_gradient = {5, 6, 7, 8};

  EXPECT_THAT(layer.evaluate(Tensor::output), ElementsAre(1, 2, 3, -4));
  EXPECT_THAT(layer.magnitudes(Tensor::output), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(layer.evaluate(Tensor::input_gradient), ElementsAre(5, 6, 7, 8));
}

}  // namespace
}  // namespace cnnbench
