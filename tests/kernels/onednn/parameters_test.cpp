// The spans of parameters and gradients against the plain tensors.
#include <gtest/gtest.h>

#include <cmath>

#include "harness/backend/choice.h"
#include "tests/kernels/chains.h"

namespace cnnbench {
namespace {

/// Networks whose weights the library packs in many ways: padded, grouped, depthwise, flattened.
std::vector<Network> networks() {
  using enum Activation;
  return {
      {"padded", {3, 6, 6}, {with(conv(17), relu), conv(5), Dense{.units = 3}}},
      {"grouped", {6, 5, 5}, {grouped(conv(9, {2, 2}), 3), grouped(conv(9, {2, 2}), 9)}},
      {"blocked", {16, 3, 3}, {conv(16, {3, 3}, PaddingRule::same), Dense{.units = 16}}},
      {"flattened", {3, 4, 4}, {conv(5), Flatten{}, Dense{.units = 4, .activation = relu}, Softmax{}}},
      {"unbiased", {5, 4, 4}, {unbiased(conv(3)), Dense{.units = 2, .bias = false}}},
      {"normalised", {3, 4, 4}, {conv(5), BatchNormalization{}, Dense{.units = 3}}},
      {"pixels", {17, 1, 1}, {conv(33, {1, 1}), conv(5, {1, 1})}},
  };
}

/// All parameters, or all gradients, in plain order: a layer's weights, then its biases.
std::vector<float> plain(Program& program, const Model& model, Tensor weights, Tensor bias) {
  std::vector<float> all;
  for (int i = 0; i < static_cast<int>(model.layers.size()); ++i)
    for (const Tensor tensor : {weights, bias}) {
      const ModelLayer& layer = model.layers[static_cast<std::size_t>(i)];
      if (tensor_size(layer, tensor, 1) == 0) continue;
      const std::vector<float> values = read(program, model, i, tensor, 1);
      all.insert(all.end(), values.begin(), values.end());
    }
  return all;
}

class Parameters : public ::testing::TestWithParam<int> {
 protected:
  std::unique_ptr<Program> prepare(const Network& network, Pass pass) const {
    return find_backend("onednn")->prepare(network.model(), {pass, network.batch, GetParam(), 5});
  }
};

/// For every element of the span the plain element that it is, or -1 for padding.
std::vector<int> correspondence(Program& program, const Model& model) {
  std::vector<int> places;
  const std::vector<float> before = plain(program, model, Tensor::weights, Tensor::bias);
  for (float& parameter : program.parameters()) {
    const float original = parameter;
    parameter += 1;
    const std::vector<float> after = plain(program, model, Tensor::weights, Tensor::bias);
    parameter = original;
    int place = -1;
    for (std::size_t i = 0; i < after.size(); ++i) {
      if (after[i] == before[i]) continue;
      EXPECT_EQ(place, -1) << "one element of the span is two of the tensors";
      place = static_cast<int>(i);
    }
    places.push_back(place);
  }
  return places;
}

TEST_P(Parameters, AreTheElementsOfTheTensorsEachOnceAndTheRestIsZero) {
  for (const Network& network : networks())
    for (const Pass pass : {Pass::forward, Pass::forward_backward}) {
      const Model model = network.model();
      const std::unique_ptr<Program> program = prepare(network, pass);
      const std::vector<float> expected = plain(*program, model, Tensor::weights, Tensor::bias);

      const std::vector<int> places = correspondence(*program, model);

      std::vector<int> seen(expected.size());
      for (std::size_t i = 0; i < places.size(); ++i) {
        const float value = program->parameters()[i];
        if (places[i] < 0) {
          EXPECT_EQ(value, 0) << network.name;
        } else {
          EXPECT_EQ(value, expected[static_cast<std::size_t>(places[i])]) << network.name;
          ++seen[static_cast<std::size_t>(places[i])];
        }
      }
      EXPECT_EQ(seen, std::vector<int>(static_cast<std::size_t>(model.parameters()), 1)) << network.name;
    }
}

TEST_P(Parameters, HaveTheirGradientsAtTheSamePlacesAndZeroInThePadding) {
  for (const Network& network : networks()) {
    const Model model = network.model();
    const std::unique_ptr<Program> program = prepare(network, Pass::forward_backward);
    program->step();
    const std::vector<float> expected =
        plain(*program, model, Tensor::weights_gradient, Tensor::bias_gradient);

    const std::vector<int> places = correspondence(*program, model);

    ASSERT_EQ(program->gradients().size(), program->parameters().size()) << network.name;
    for (std::size_t i = 0; i < places.size(); ++i)
      EXPECT_EQ(program->gradients()[i], places[i] < 0 ? 0.0F : expected[static_cast<std::size_t>(places[i])])
          << network.name << ", element " << i;
  }
}

// What an exchange over ranks and an update rely on: a step against the gradient lowers the loss.
TEST_P(Parameters, MovedAgainstTheGradientLowerTheLoss) {
  for (const Network& network : networks()) {
    const std::unique_ptr<Program> program = prepare(network, Pass::train);
    program->step();
    const double before = program->loss();
    double squares = 0;
    for (const float gradient : program->gradients()) squares += static_cast<double>(gradient) * gradient;
    const double rate = 1e-3 * before / squares;
    for (std::size_t i = 0; i < program->parameters().size(); ++i)
      program->parameters()[i] -= static_cast<float>(rate) * program->gradients()[i];

    program->step();

    // To first order the loss falls by rate · |gradient|², here a thousandth of itself.
    EXPECT_NEAR(before - program->loss(), 1e-3 * before, 1e-4 * before) << network.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Threads, Parameters, ::testing::Values(1, 2));

}  // namespace
}  // namespace cnnbench
