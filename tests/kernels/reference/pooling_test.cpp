#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/kernels/reference/small_layer.h"

namespace cnnbench {
namespace {

using ::testing::ElementsAre;
using ::testing::Pointwise;

Pooling pooling(PoolKind kind, Extent kernel, Extent stride, Extent padding = {},
                Border border = Border::drop) {
  return {kind, kernel, stride, padding, border};
}

/// The two worked examples of Theano's tutorial on max pooling (5×5, windows of 2×2).
std::vector<float> pooled(const std::vector<float>& image, Border border) {
  SmallLayer layer({1, 5, 5}, pooling(PoolKind::max, {2, 2}, {2, 2}, {}, border));
  layer.input = image;
  layer.run_forward();
  return layer.output;
}

TEST(MaxPooling, DropsTheRaggedBorderAsInTheWorkedExample) {
  const std::vector<float> image{
      4.17022005e-01f, 7.20324493e-01f, 1.14374817e-04f, 3.02332573e-01f, 1.46755891e-01f,
      9.23385948e-02f, 1.86260211e-01f, 3.45560727e-01f, 3.96767474e-01f, 5.38816734e-01f,
      4.19194514e-01f, 6.85219500e-01f, 2.04452250e-01f, 8.78117436e-01f, 2.73875932e-02f,
      6.70467510e-01f, 4.17304802e-01f, 5.58689828e-01f, 1.40386939e-01f, 1.98101489e-01f,
      8.00744569e-01f, 9.68261576e-01f, 3.13424178e-01f, 6.92322616e-01f, 8.76389152e-01f};

  EXPECT_THAT(pooled(image, Border::drop),
              Pointwise(::testing::FloatNear(5e-9f),
                        std::vector<float>{0.72032449f, 0.39676747f, 0.6852195f, 0.87811744f}));
}

TEST(MaxPooling, KeepsTheRaggedBorderAsInTheWorkedExample) {
  const std::vector<float> image{0.01936696f, 0.67883553f, 0.21162812f, 0.26554666f, 0.49157316f,  //
                                 0.05336255f, 0.57411761f, 0.14672857f, 0.58930554f, 0.69975836f,  //
                                 0.10233443f, 0.41405599f, 0.69440016f, 0.41417927f, 0.04995346f,  //
                                 0.53589641f, 0.66379465f, 0.51488911f, 0.94459476f, 0.58655504f,  //
                                 0.90340192f, 0.1374747f,  0.13927635f, 0.80739129f, 0.39767684f};

  EXPECT_THAT(pooled(image, Border::keep),
              ElementsAre(0.67883553f, 0.58930554f, 0.69975836f, 0.66379465f, 0.94459476f, 0.58655504f,
                          0.90340192f, 0.80739129f, 0.39767684f));
}

TEST(MaxPooling, GivesTheGradientToTheFirstOfEqualElements) {
  SmallLayer layer({1, 2, 4}, pooling(PoolKind::max, {2, 2}, {2, 2}));
  layer.input = {1, 7, 3, 3, 7, 7, 3, 3};
  layer.output_gradient = {5, 6};

  EXPECT_THAT(layer.evaluate(Tensor::input_gradient), ElementsAre(0, 5, 6, 0, 0, 0, 0, 0));
}

TEST(MaxPooling, AddsTheGradientsOfOverlappingWindows) {
  SmallLayer layer({1, 1, 4}, pooling(PoolKind::max, {1, 2}, {1, 1}));
  layer.input = {1, 9, 2, 3};
  layer.output_gradient = {1, 10, 100};

  EXPECT_THAT(layer.evaluate(Tensor::output), ElementsAre(9, 9, 3));
  EXPECT_THAT(layer.evaluate(Tensor::input_gradient), ElementsAre(0, 11, 0, 100));
}

TEST(MaxPooling, NeverTakesThePadding) {
  SmallLayer layer({1, 2, 2}, pooling(PoolKind::max, {2, 2}, {2, 2}, {1, 1}));
  layer.input = {-1, -2, -3, -4};
  layer.output_gradient = {1, 2, 3, 4};

  EXPECT_THAT(layer.evaluate(Tensor::output), ElementsAre(-1, -2, -3, -4));
  EXPECT_THAT(layer.evaluate(Tensor::input_gradient), ElementsAre(1, 2, 3, 4));
}

TEST(MaxPooling, KeepsChannelsAndSamplesApart) {
  SmallLayer layer({2, 1, 2}, pooling(PoolKind::max, {1, 2}, {1, 2}), 2);
  layer.input = {1, 2, 4, 3, 5, 6, 8, 7};
  layer.output_gradient = {1, 2, 3, 4};

  EXPECT_THAT(layer.evaluate(Tensor::output), ElementsAre(2, 4, 6, 8));
  EXPECT_THAT(layer.evaluate(Tensor::input_gradient), ElementsAre(0, 1, 2, 0, 0, 3, 4, 0));
}

TEST(AveragePooling, TakesTheMeanOfEachWindow) {
  SmallLayer layer({1, 2, 4}, pooling(PoolKind::average, {2, 2}, {2, 2}));
  layer.input = counting(8);
  layer.output_gradient = {4, 8};

  EXPECT_THAT(layer.evaluate(Tensor::output), ElementsAre(3.5, 5.5));
  EXPECT_THAT(layer.evaluate(Tensor::input_gradient), ElementsAre(1, 1, 2, 2, 1, 1, 2, 2));
}

TEST(AveragePooling, LeavesPaddingOutOfTheMean) {
  SmallLayer layer({1, 2, 2}, pooling(PoolKind::average, {2, 2}, {1, 1}, {1, 1}));
  layer.input = {1, 2, 3, 4};
  layer.output_gradient = {1, 0, 0, 0, 4, 0, 0, 0, 0};

  EXPECT_THAT(layer.evaluate(Tensor::output), ElementsAre(1, 1.5, 2, 2, 2.5, 3, 3, 3.5, 4));
  EXPECT_THAT(layer.evaluate(Tensor::input_gradient), ElementsAre(2, 1, 1, 1));
}

TEST(AveragePooling, OfAKeptBorderDividesByWhatTheWindowHas) {
  SmallLayer layer({1, 1, 5}, pooling(PoolKind::average, {1, 2}, {1, 2}, {}, Border::keep));
  layer.input = counting(5);
  layer.output_gradient = {2, 4, 6};

  EXPECT_THAT(layer.evaluate(Tensor::output), ElementsAre(1.5, 3.5, 5));
  EXPECT_THAT(layer.evaluate(Tensor::input_gradient), ElementsAre(1, 1, 2, 2, 6));
}

TEST(AveragePooling, HasAMagnitudeThatDoesNotCancel) {
  SmallLayer layer({1, 1, 2}, pooling(PoolKind::average, {1, 2}, {1, 2}));
  layer.input = {6, -6};

  EXPECT_THAT(layer.evaluate(Tensor::output), ElementsAre(0));
  EXPECT_THAT(layer.magnitudes(Tensor::output), ElementsAre(6));
}

TEST(Pooling, HasNoParameters) {
  const SmallLayer layer({1, 2, 2}, pooling(PoolKind::max, {2, 2}, {2, 2}));

  EXPECT_THROW(layer.evaluate(Tensor::weights_gradient), std::invalid_argument);
}

}  // namespace
}  // namespace cnnbench
