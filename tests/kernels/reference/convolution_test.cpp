#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/kernels/reference/small_layer.h"

namespace cnnbench {
namespace {

using ::testing::ElementsAre;

/// 3×3 image 1…9, one 2×2 filter 1…4 and a bias of 10.
SmallLayer two_by_two() {
  SmallLayer layer({1, 3, 3}, Convolution{.filters = 1, .kernel = {2, 2}, .padding = {}});
  layer.input = counting(9);
  layer.weights = counting(4);
  layer.bias = {10};
  return layer;
}

TEST(Convolution, SlidesTheUnflippedFilterOverTheImage) {
  EXPECT_THAT(two_by_two().evaluate(Tensor::output), ElementsAre(47, 57, 77, 87));
}

TEST(Convolution, LeavesTheBiasOutWhereThereIsNone) {
  SmallLayer layer({1, 3, 3}, Convolution{.filters = 1, .kernel = {2, 2}, .padding = {}, .bias = false});
  layer.input = counting(9);
  layer.weights = counting(4);

  EXPECT_THAT(layer.evaluate(Tensor::output), ElementsAre(37, 47, 67, 77));
}

TEST(Convolution, ScattersTheGradientBackThroughTheFilter) {
  SmallLayer layer = two_by_two();
  layer.output_gradient = {1, 1, 1, 1};

  EXPECT_THAT(layer.evaluate(Tensor::input_gradient), ElementsAre(1, 3, 2, 4, 10, 6, 3, 7, 4));
}

TEST(Convolution, SumsTheGradientOfEachWeightOverTheImage) {
  SmallLayer layer = two_by_two();
  layer.output_gradient = {1, 1, 1, 1};

  EXPECT_THAT(layer.evaluate(Tensor::weights_gradient), ElementsAre(12, 16, 24, 28));
  EXPECT_THAT(layer.evaluate(Tensor::bias_gradient), ElementsAre(4));
}

TEST(Convolution, SumsTheGradientOfTheParametersOverTheBatch) {
  SmallLayer layer({1, 1, 1}, Convolution{.filters = 1, .kernel = {1, 1}, .padding = {}}, 2);
  layer.input = {3, 5};
  layer.output_gradient = {1, 10};

  EXPECT_THAT(layer.evaluate(Tensor::weights_gradient), ElementsAre(53));
  EXPECT_THAT(layer.evaluate(Tensor::bias_gradient), ElementsAre(11));
}

TEST(Convolution, WithSamePaddingAndAnEvenImagePadsBelowAndRight) {
  SmallLayer layer({1, 4, 4}, Convolution{.filters = 1,
                                          .kernel = {3, 3},
                                          .stride = {2, 2},
                                          .padding_rule = PaddingRule::same,
                                          .padding = {},
                                          .bias = false});
  layer.input = counting(16);
  layer.weights.assign(9, 1);

  EXPECT_THAT(layer.evaluate(Tensor::output), ElementsAre(54, 45, 72, 54));
}

TEST(Convolution, SkipsInputsWhereTheCropIsDeeperThanThePadding) {
  SmallLayer layer({1, 3, 3},
                   Convolution{.filters = 1, .kernel = {1, 1}, .padding = {}, .crop = 1, .bias = false});
  layer.input = counting(9);
  layer.weights = {2};
  layer.output_gradient = {7};

  EXPECT_THAT(layer.evaluate(Tensor::output), ElementsAre(10));
  EXPECT_THAT(layer.evaluate(Tensor::input_gradient), ElementsAre(0, 0, 0, 0, 14, 0, 0, 0, 0));
  EXPECT_THAT(layer.evaluate(Tensor::weights_gradient), ElementsAre(35));
}

TEST(Convolution, WithFullPaddingAndACropOfOneEqualsAPaddingOfOne) {
  const auto output = [](const Convolution& kind) {
    SmallLayer layer({2, 4, 5}, kind);
    layer.input = counting(40);
    layer.weights = counting(36);
    return layer.evaluate(Tensor::output);
  };
  const Convolution full{
      .filters = 2, .kernel = {3, 3}, .padding_rule = PaddingRule::full, .padding = {}, .crop = 1};
  const Convolution padded{.filters = 2, .kernel = {3, 3}, .padding = {1, 1}};

  EXPECT_EQ(output(full), output(padded));
}

TEST(Convolution, ShowsEachGroupItsOwnChannels) {
  SmallLayer layer({2, 1, 2},
                   Convolution{.filters = 4, .kernel = {1, 1}, .padding = {}, .groups = 2, .bias = false});
  layer.input = {1, 2, 10, 20};
  layer.weights = {1, 2, 3, 4};

  EXPECT_THAT(layer.evaluate(Tensor::output), ElementsAre(1, 2, 2, 4, 30, 60, 40, 80));
}

TEST(Convolution, KeepsSamplesChannelsAndFiltersApart) {
  SmallLayer layer({2, 1, 1}, Convolution{.filters = 2, .kernel = {1, 1}, .padding = {}}, 2);
  layer.input = {1, 10, 2, 20};
  layer.weights = {1, 2, 3, 4};  // o0: (1, 2), o1: (3, 4)
  layer.bias = {100, 200};

  EXPECT_THAT(layer.evaluate(Tensor::output), ElementsAre(121, 243, 142, 286));
}

TEST(Convolution, AppliesItsActivationAndStopsTheGradientWhereReluIsOff) {
  SmallLayer layer(
      {1, 1, 2}, Convolution{.filters = 1, .kernel = {1, 1}, .padding = {}, .activation = Activation::relu});
  layer.input = {3, -4};
  layer.weights = {2};
  layer.bias = {1};
  layer.output_gradient = {5, 5};

  EXPECT_THAT(layer.evaluate(Tensor::output), ElementsAre(7, 0));
  layer.run_forward();
  EXPECT_THAT(layer.evaluate(Tensor::input_gradient), ElementsAre(10, 0));
  EXPECT_THAT(layer.evaluate(Tensor::weights_gradient), ElementsAre(15));
  EXPECT_THAT(layer.evaluate(Tensor::bias_gradient), ElementsAre(5));
}

TEST(Convolution, HasAMagnitudeThatDoesNotCancel) {
  SmallLayer layer({1, 1, 2}, Convolution{.filters = 1, .kernel = {1, 2}, .padding = {}});
  layer.input = {1000, 1000};
  layer.weights = {1, -1};
  layer.bias = {-3};

  EXPECT_THAT(layer.evaluate(Tensor::output), ElementsAre(-3));
  EXPECT_THAT(layer.magnitudes(Tensor::output), ElementsAre(2003));
}

TEST(Convolution, HasNoBiasGradientWithoutABias) {
  SmallLayer layer({1, 1, 1}, Convolution{.filters = 1, .kernel = {1, 1}, .padding = {}, .bias = false});

  EXPECT_THROW(layer.evaluate(Tensor::bias_gradient), std::invalid_argument);
}

}  // namespace
}  // namespace cnnbench
