#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/kernels/reference/small_layer.h"

namespace cnnbench {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

TEST(Softmax, OfOneTwoThreeIsTheTextbookValue) {
  SmallLayer layer({3, 1, 1}, Softmax{});
  layer.input = {1, 2, 3};

  EXPECT_THAT(
      layer.evaluate(Tensor::output),
      ElementsAre(DoubleNear(0.09003057, 1e-8), DoubleNear(0.24472847, 1e-8), DoubleNear(0.66524096, 1e-8)));
}

TEST(Softmax, IsOverTheChannelsAtEachPixelOfEachSample) {
  SmallLayer layer({2, 1, 2}, Softmax{}, 2);
  layer.input = {0, 1, 0, 1, 5, 5, 5, 5};

  EXPECT_THAT(layer.evaluate(Tensor::output), ::testing::Each(0.5));
}

TEST(Softmax, DoesNotOverflow) {
  SmallLayer layer({2, 1, 1}, Softmax{});
  layer.input = {10000, -10000};

  EXPECT_THAT(layer.evaluate(Tensor::output), ElementsAre(1, 0));
}

// y = (0.25, 0.75), dy = (4, 8): Σ dy·y = 7, so dx = (0.25·(4 - 7), 0.75·(8 - 7)).
TEST(Softmax, SubtractsTheMeanGradientOnTheWayBack) {
  SmallLayer layer({2, 1, 1}, Softmax{});
  layer.output = {0.25, 0.75};
  layer.output_gradient = {4, 8};

  EXPECT_THAT(layer.evaluate(Tensor::input_gradient), ElementsAre(-0.75, 0.75));
}

TEST(Softmax, HasAMagnitudeThatGrowsWithTheDistanceFromTheMaximum) {
  SmallLayer layer({2, 1, 1}, Softmax{});
  layer.input = {0, 0};
  EXPECT_THAT(layer.magnitudes(Tensor::output), ElementsAre(0.5, 0.5));

  layer.input = {0, -50};
  const std::vector<Evaluated> far = layer.evaluate_all(Tensor::output);
  EXPECT_NEAR(far[1].magnitude / far[1].value, 51, 1e-6);
}

}  // namespace
}  // namespace cnnbench
