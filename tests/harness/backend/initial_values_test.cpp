#include "harness/backend/initial_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace cnnbench {
namespace {

Model small_network() {
  return build_model("small", "", {4, 9, 9},
                     {{"conv", Convolution{.filters = 64, .kernel = {3, 5}, .padding = {}, .groups = 2}},
                      {"norm", BatchNormalization{}},
                      {"drop1", Dropout{0.5}},
                      {"drop2", Dropout{0.5}},
                      {"fc1", Dense{.units = 100}},
                      {"fc2", Dense{.units = 7}},
                      {"softmax", Softmax{}}},
                     Loss::cross_entropy);
}

using Initial = void (*)(const Model&, int, std::uint64_t, std::span<float>);

std::vector<float> initial(Initial make, const Model& model, int layer, Tensor tensor,
                           std::uint64_t seed = 1) {
  std::vector<float> values(static_cast<std::size_t>(tensor_size(model.layers[layer], tensor, 1)));
  make(model, layer, seed, values);
  return values;
}

/// Nothing lies beyond the bounds, and the extremes as near to them as n values leave them: ten times the
/// mean gap.
void expect_uniform(const std::vector<float>& values, double low, double high) {
  const auto [smallest, largest] = std::minmax_element(values.begin(), values.end());
  const double gap = 10 * (high - low) / static_cast<double>(values.size());
  EXPECT_GE(*smallest, low - 1e-6);
  EXPECT_LE(*largest, high + 1e-6);
  EXPECT_NEAR(*smallest, low, gap);
  EXPECT_NEAR(*largest, high, gap);
}

TEST(InitialWeights, OfAConvolutionUseTheFansOfOneGroup) {
  const double bound = std::sqrt(6.0 / (2 * 3 * 5 + 32 * 3 * 5));

  expect_uniform(initial(initial_weights, small_network(), 0, Tensor::weights), -bound, bound);
}

TEST(InitialWeights, OfADenseLayerUseItsInputsAndUnits) {
  const double bound = std::sqrt(6.0 / (100 + 7));

  expect_uniform(initial(initial_weights, small_network(), 5, Tensor::weights), -bound, bound);
}

TEST(InitialWeights, OfABatchNormalizationLieAroundOne) {
  expect_uniform(initial(initial_weights, small_network(), 1, Tensor::weights), 0.5, 1.5);
}

TEST(InitialBias, IsNotZero) {
  expect_uniform(initial(initial_bias, small_network(), 4, Tensor::bias), -0.1, 0.1);
}

TEST(InitialBias, IsWhatTheLayerWants) {
  const Convolution conv{.filters = 3, .kernel = {1, 1}, .padding = {}, .bias_init = 0.0};
  const Model model = build_model("biased", "", {1, 2, 2},
                                  {{"conv", conv}, {"dense", Dense{.units = 5, .bias_init = 0.1}}}, Loss::l2);
  EXPECT_EQ(initial(initial_bias, model, 0, Tensor::bias), std::vector<float>(3, 0.0F));
  EXPECT_EQ(initial(initial_bias, model, 1, Tensor::bias), std::vector<float>(5, 0.1F));
}

TEST(InitialValues, DifferByTensorLayerAndSeed) {
  const Model model = small_network();
  const auto start = [](std::vector<float> values) {
    // In units of the largest, as tensors also differ in range.
    values.resize(7);
    const float scale = *std::max_element(values.begin(), values.end());
    for (float& value : values) value /= scale;
    return values;
  };

  EXPECT_NE(start(initial(initial_weights, model, 4, Tensor::weights)),
            start(initial(initial_weights, model, 5, Tensor::weights)));
  EXPECT_NE(start(initial(initial_weights, model, 5, Tensor::weights)),
            start(initial(initial_bias, model, 5, Tensor::bias)));
  EXPECT_NE(initial(initial_weights, model, 5, Tensor::weights, 1),
            initial(initial_weights, model, 5, Tensor::weights, 2));
}

struct Moments {
  double mean;
  double sd;
};

Moments moments(const std::vector<float>& values) {
  double sum = 0;
  double squares = 0;
  for (const double value : values) sum += value;
  const double mean = sum / static_cast<double>(values.size());
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {mean, std::sqrt(squares / static_cast<double>(values.size()))};
}

TEST(InitialInput, IsNormalWithADeviationOfATenth) {
  std::vector<float> input(100000);

  initial_input(small_network(), 1, 1, input);

  EXPECT_NEAR(moments(input).mean, 0, 5 * 0.1 / std::sqrt(1e5));
  EXPECT_NEAR(moments(input).sd, 0.1, 5 * 0.1 / std::sqrt(2e5));
}

TEST(InitialInput, IsWhatALeadingStandardizeExpects) {
  const Model model = build_model("m", "", {1, 1, 1}, {{"std", Standardize{118, 62}}}, Loss::l2);
  std::vector<float> input(100000);

  initial_input(model, 100000, 1, input);

  EXPECT_NEAR(moments(input).mean, 118, 5 * 62 / std::sqrt(1e5));
  EXPECT_NEAR(moments(input).sd, 62, 5 * 62 / std::sqrt(2e5));
}

TEST(InitialLabels, TakeEveryClassOfTheLayerBeforeTheSoftmaxEvenly) {
  const std::vector<std::int32_t> labels = initial_labels(small_network(), 70000, 1);

  for (std::int32_t label = 0; label < 7; ++label)
    EXPECT_NEAR(static_cast<double>(std::count(labels.begin(), labels.end(), label)), 10000,
                5 * std::sqrt(70000.0 / 7 * 6 / 7));
}

TEST(InitialLabels, DifferBySeed) {
  EXPECT_NE(initial_labels(small_network(), 100, 1), initial_labels(small_network(), 100, 2));
}

TEST(DropoutMask, DiffersByStepLayerAndSeedButIsTheSameWhenMadeAgain) {
  const Model model = small_network();
  const auto mask = [&](int layer, std::uint64_t seed, std::uint64_t step) {
    std::vector<float> values(200);
    dropout_mask(model, layer, seed, step, values);
    return values;
  };

  EXPECT_THAT(mask(2, 1, 0), ::testing::Each(::testing::AnyOf(0.0f, 2.0f)));
  EXPECT_EQ(mask(2, 1, 0), mask(2, 1, 0));
  EXPECT_NE(mask(2, 1, 0), mask(2, 1, 1));
  EXPECT_NE(mask(2, 1, 0), mask(3, 1, 0));
  EXPECT_NE(mask(2, 1, 0), mask(2, 2, 0));
}

TEST(DropoutMask, CanBeMadeInPieces) {
  const Model model = small_network();
  std::vector<float> whole(200);
  std::vector<float> part(100);

  dropout_mask(model, 2, 1, 5, whole);
  dropout_mask(model, 2, 1, 5, part, 100);

  EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + 100));
}

TEST(TensorSize, CountsActivationsForTheBatchAndParametersOnce) {
  const Model model = small_network();
  const ModelLayer& conv = model.layers[0];

  EXPECT_EQ(tensor_size(conv, Tensor::input, 3), 3 * 4 * 9 * 9);
  EXPECT_EQ(tensor_size(conv, Tensor::input_gradient, 3), 3 * 4 * 9 * 9);
  EXPECT_EQ(tensor_size(conv, Tensor::output, 3), 3 * 64 * 7 * 5);
  EXPECT_EQ(tensor_size(conv, Tensor::output_gradient, 3), 3 * 64 * 7 * 5);
  EXPECT_EQ(tensor_size(conv, Tensor::weights, 3), 64 * 2 * 3 * 5);
  EXPECT_EQ(tensor_size(conv, Tensor::weights_gradient, 3), 64 * 2 * 3 * 5);
  EXPECT_EQ(tensor_size(conv, Tensor::bias, 3), 64);
  EXPECT_EQ(tensor_size(conv, Tensor::bias_gradient, 3), 64);
  EXPECT_EQ(tensor_size(conv, Tensor::mask, 3), 0);
  EXPECT_EQ(tensor_size(model.layers[2], Tensor::mask, 3), 3 * 64 * 7 * 5);
}

}  // namespace
}  // namespace cnnbench
