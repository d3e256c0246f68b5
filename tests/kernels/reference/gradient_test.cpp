// Every gradient rule against central differences of the forward rule, both in double precision.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/kernels/reference/small_layer.h"

namespace cnnbench {
namespace {

struct Case {
  const char* name;
  Shape shape;
  LayerKind kind;
  double scale = 1;  ///< of the input: LRN is all but linear in small ones
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

/// A random layer, with its forward pass done and a random gradient at its output.
SmallLayer random_layer(const Case& c) {
  SmallLayer layer(c.shape, c.kind, 3);
  fill_normal(layer.input, 1, 1, 0.2f, static_cast<float>(c.scale));
  fill_uniform(layer.weights, 1, 2, -0.7f, 0.7f);
  fill_uniform(layer.bias, 1, 3, -0.5f, 0.5f);
  fill_mask(layer.mask, 1, 4, 0.6f);
  fill_normal(layer.output_gradient, 1, 5, 0.1f, 1.0f);
  layer.run_forward();
  return layer;
}

/// Σ output · output_gradient: its derivative is what the backward rules compute.
double projection(const SmallLayer& layer) {
  const std::vector<double> output = layer.evaluate(Tensor::output);
  double sum = 0;
  for (std::size_t i = 0; i < output.size(); ++i) sum += output[i] * layer.output_gradient[i];
  return sum;
}

double central_difference(SmallLayer layer, Tensor tensor, std::size_t element, double scale) {
  const float step = static_cast<float>(scale * 0x1p-14);
  float& x = layer.values(tensor)[element];
  const float upper = x + step;
  const float lower = x - step;
  x = upper;
  const double above = projection(layer);
  x = lower;
  const double below = projection(layer);
  return (above - below) / (double{upper} - double{lower});  // the step as it was rounded
}

class Gradient : public ::testing::TestWithParam<Case> {
 protected:
  /// The tolerance is the float rounding of the output, which the rules of fused activations start from.
  void expect_equal(Tensor of, Tensor gradient) {
    const SmallLayer layer = random_layer(GetParam());
    const double scale = of == Tensor::input ? GetParam().scale : 1;
    const std::vector<Evaluated> analytic = layer.evaluate_all(gradient);
    ASSERT_FALSE(analytic.empty());
    for (std::size_t i = 0; i < analytic.size(); ++i)
      EXPECT_NEAR(analytic[i].value, central_difference(layer, of, i, scale),
                  5e-7 * analytic[i].magnitude + 1e-8)
          << "element " << i;
  }
};

TEST_P(Gradient, OfTheInputIsTheDerivativeOfTheOutput) {
  expect_equal(Tensor::input, Tensor::input_gradient);
}

TEST_P(Gradient, OfTheWeightsIsTheDerivativeOfTheOutput) {
  if (random_layer(GetParam()).layer.weights > 0) expect_equal(Tensor::weights, Tensor::weights_gradient);
}

TEST_P(Gradient, OfTheBiasIsTheDerivativeOfTheOutput) {
  if (random_layer(GetParam()).layer.biases > 0) expect_equal(Tensor::bias, Tensor::bias_gradient);
}

TEST_P(Gradient, AndOutputHaveMagnitudesOfAtLeastTheirValues) {
  const SmallLayer layer = random_layer(GetParam());
  for (const Tensor tensor : {Tensor::output, Tensor::input_gradient})
    for (const Evaluated& element : layer.evaluate_all(tensor))
      EXPECT_GE(element.magnitude, std::abs(element.value) * (1 - 1e-12));
}

// What was rounded holds at least the result itself, unless that is a copy; and no more than every term and
// every partial sum at the size of the magnitude.
TEST_P(Gradient, AndOutputHaveRoundingsBetweenNoneAndAllOfTheMagnitude) {
  const SmallLayer layer = random_layer(GetParam());
  constexpr double most_roundings = 500;  // terms of these small layers, and of their functions
  for (const Tensor tensor : {Tensor::output, Tensor::input_gradient})
    for (const Evaluated& element : layer.evaluate_all(tensor)) {
      EXPECT_GE(element.rounded_squares, 0);
      EXPECT_LE(element.rounded_squares, most_roundings * element.magnitude * element.magnitude);
    }
}

Convolution strided(Activation activation) {
  return {.filters = 4,
          .kernel = {3, 2},
          .stride = {2, 1},
          .padding_rule = PaddingRule::same,
          .padding = {},
          .groups = 2,
          .activation = activation};
}

const Convolution plain{.filters = 3, .kernel = {2, 3}, .padding = {1, 0}, .bias = false};
const Convolution cropped{.filters = 2, .kernel = {3, 3}, .stride = {1, 2}, .padding = {0, 1}, .crop = 1};
const Convolution deep_crop{.filters = 2, .kernel = {2, 2}, .stride = {2, 2}, .padding = {}, .crop = 1};
const Convolution full{.filters = 2, .kernel = {3, 3}, .padding_rule = PaddingRule::full, .padding = {}};
const Pooling max_kept{PoolKind::max, {3, 2}, {2, 2}, {1, 0}, Border::keep};
const Pooling max_gaps{PoolKind::max, {2, 2}, {3, 3}, {}, Border::drop};
const Pooling average_kept{PoolKind::average, {3, 2}, {2, 2}, {1, 0}, Border::keep};
const Pooling average_overlapping{PoolKind::average, {3, 3}, {1, 2}, {1, 1}, Border::drop};

INSTANTIATE_TEST_SUITE_P(
    Layers, Gradient,
    ::testing::Values(
        Case{"conv", {2, 4, 5}, plain}, Case{"conv_relu", {4, 5, 4}, strided(Activation::relu)},
        Case{"conv_tanh", {4, 5, 4}, strided(Activation::tanh)},
        Case{"conv_sigmoid", {4, 5, 4}, strided(Activation::sigmoid)},
        Case{"conv_cropped", {2, 6, 7}, cropped}, Case{"conv_deep_crop", {2, 8, 9}, deep_crop},
        Case{"conv_full", {1, 3, 4}, full}, Case{"dense", {2, 3, 2}, Dense{.units = 5}},
        Case{"dense_relu", {6, 1, 1}, Dense{.units = 5, .activation = Activation::relu}},
        Case{"dense_tanh", {6, 1, 1}, Dense{.units = 5, .activation = Activation::tanh}},
        Case{"dense_sigmoid", {6, 1, 1}, Dense{.units = 5, .bias = false, .activation = Activation::sigmoid}},
        Case{"max_pool_kept", {2, 5, 5}, max_kept}, Case{"max_pool_gaps", {2, 8, 7}, max_gaps},
        Case{"avg_pool_kept", {2, 5, 5}, average_kept},
        Case{"avg_pool_overlapping", {2, 5, 6}, average_overlapping},
        Case{"relu", {2, 3, 4}, ActivationLayer{Activation::relu}},
        Case{"tanh", {2, 3, 4}, ActivationLayer{Activation::tanh}},
        Case{"sigmoid", {2, 3, 4}, ActivationLayer{Activation::sigmoid}},
        Case{"dropout", {2, 3, 4}, Dropout{0.6}}, Case{"flatten", {2, 3, 4}, Flatten{}},
        Case{"softmax", {5, 2, 2}, Softmax{}}, Case{"lrn", {7, 2, 2}, LocalResponseNormalization{}, 200},
        Case{"batch_norm", {3, 3, 2}, BatchNormalization{}},
        Case{"standardize", {2, 3, 2}, Standardize{1.5, 3}}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace cnnbench
