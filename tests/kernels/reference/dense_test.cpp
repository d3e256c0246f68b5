#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/kernels/reference/small_layer.h"

namespace cnnbench {
namespace {

using ::testing::ElementsAre;

/// Two samples of three inputs, two units.
SmallLayer three_to_two(Activation activation = Activation::none) {
  SmallLayer layer({3, 1, 1}, Dense{.units = 2, .activation = activation}, 2);
  layer.input = {1, 2, 3, 4, 5, 6};
  layer.weights = {1, 0, -1, 2, 3, 4};
  layer.bias = {10, 20};
  return layer;
}

TEST(Dense, MultipliesByItsWeightsAndAddsTheBias) {
  EXPECT_THAT(three_to_two().evaluate(Tensor::output), ElementsAre(8, 40, 8, 67));
}

TEST(Dense, FlattensItsInputInTheOrderChannelHeightWidth) {
  SmallLayer layer({2, 1, 2}, Dense{.units = 1, .bias = false});
  layer.input = {1, 2, 3, 4};
  layer.weights = {1, 10, 100, 1000};

  EXPECT_THAT(layer.evaluate(Tensor::output), ElementsAre(4321));
}

TEST(Dense, GoesBackThroughTheTransposedWeights) {
  SmallLayer layer = three_to_two();
  layer.output_gradient = {1, 2, 3, 4};

  EXPECT_THAT(layer.evaluate(Tensor::input_gradient), ElementsAre(5, 6, 7, 11, 12, 13));
}

TEST(Dense, SumsTheGradientsOfItsParametersOverTheBatch) {
  SmallLayer layer = three_to_two();
  layer.output_gradient = {1, 2, 3, 4};

  EXPECT_THAT(layer.evaluate(Tensor::weights_gradient), ElementsAre(13, 17, 21, 18, 24, 30));
  EXPECT_THAT(layer.evaluate(Tensor::bias_gradient), ElementsAre(4, 6));
}

TEST(Dense, StopsTheGradientWhereReluIsOff) {
  SmallLayer layer = three_to_two(Activation::relu);
  layer.bias = {-8, 20};  // unit 0 is off
  layer.output_gradient = {1, 2, 3, 4};
  layer.run_forward();

  EXPECT_THAT(layer.output, ElementsAre(0, 40, 0, 67));
  EXPECT_THAT(layer.evaluate(Tensor::input_gradient), ElementsAre(4, 6, 8, 8, 12, 16));
  EXPECT_THAT(layer.evaluate(Tensor::weights_gradient), ElementsAre(0, 0, 0, 18, 24, 30));
  EXPECT_THAT(layer.evaluate(Tensor::bias_gradient), ElementsAre(0, 6));
}

TEST(Dense, HasAMagnitudeThatDoesNotCancel) {
  EXPECT_THAT(three_to_two().magnitudes(Tensor::output), ElementsAre(14, 40, 20, 67));
}

TEST(Dense, HasNoBiasGradientWithoutABias) {
  SmallLayer layer({2, 1, 2}, Dense{.units = 1, .bias = false});

  EXPECT_THROW(layer.evaluate(Tensor::bias_gradient), std::invalid_argument);
}

}  // namespace
}  // namespace cnnbench
