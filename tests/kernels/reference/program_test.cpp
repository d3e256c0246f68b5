#include "kernels/reference/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "tests/kernels/reference/small_layer.h"

namespace cnnbench {
namespace {

using reference::ReferenceProgram;
using ::testing::ElementsAre;
using Step = std::pair<int, Direction>;

constexpr Direction forward = Direction::forward;
constexpr Direction data = Direction::backward_data;
constexpr Direction weights = Direction::backward_weights;

/// conv → max pool → tanh → dropout → flatten → dense → softmax.
Model small_network(Loss loss, double keep = 0.5, bool input_gradient = false) {
  return build_model("small", "", {2, 6, 6},
                     {{"conv", Convolution{.filters = 3, .kernel = {3, 3}, .padding = {1, 1}}},
                      {"pool", Pooling{PoolKind::max, {2, 2}, {2, 2}, {}, Border::drop}},
                      {"tanh", ActivationLayer{Activation::tanh}},
                      {"drop", Dropout{keep}},
                      {"flatten", Flatten{}},
                      {"dense", Dense{.units = 4}},
                      {"softmax", Softmax{}}},
                     loss, {input_gradient});
}

PrepareOptions options(Pass pass, std::int64_t batch = 3) {
  return {pass, batch, 1, 42};
}

std::vector<Step> steps(const Program& program) {
  std::vector<Step> list;
  for (const Operation& operation : program.operations())
    list.emplace_back(operation.layer, operation.direction);
  return list;
}

std::vector<float> read(Program& program, const Model& model, int layer, Tensor tensor,
                        std::int64_t batch = 3) {
  std::vector<float> values(static_cast<std::size_t>(tensor_size(model.layers[layer], tensor, batch)));
  program.read(layer, tensor, values);
  return values;
}

TEST(Operations, OfInferenceLeaveOutLayersThatDoNothing) {
  const ReferenceProgram program(small_network(Loss::l2), options(Pass::forward));

  EXPECT_THAT(steps(program), ElementsAre(Step(0, forward), Step(1, forward), Step(2, forward),
                                          Step(5, forward), Step(6, forward)));
  EXPECT_EQ(program.operations()[0].implementation, "reference");
}

TEST(Operations, OfTrainingGoForwardTakeTheLossAndGoBack) {
  const ReferenceProgram program(small_network(Loss::l2), options(Pass::forward_backward));

  EXPECT_THAT(steps(program),
              ElementsAre(Step(0, forward), Step(1, forward), Step(2, forward), Step(3, forward),
                          Step(5, forward), Step(6, forward), Step(7, forward), Step(7, data),  //
                          Step(5, weights), Step(5, data), Step(3, data), Step(2, data), Step(1, data),
                          Step(0, weights)));
}

TEST(Operations, IncludeTheGradientOfTheInputWhereItIsWanted) {
  const ReferenceProgram program(small_network(Loss::l2, 0.5, true), options(Pass::forward_backward));

  EXPECT_EQ(steps(program).back(), Step(0, data));
}

TEST(Operations, OfTheTrainPassAreThoseOfForwardBackward) {
  EXPECT_EQ(steps(ReferenceProgram(small_network(Loss::l2), options(Pass::train))),
            steps(ReferenceProgram(small_network(Loss::l2), options(Pass::forward_backward))));
}

TEST(Operations, OfASoftmaxAloneTakeTheLossOfTheInput) {
  const Model model = build_model("m", "", {2, 1, 1}, {{"softmax", Softmax{}}}, Loss::l2);
  ReferenceProgram program(model, options(Pass::forward_backward, 1));
  program.write(0, Tensor::input, std::vector<float>{3, 4});

  program.step();

  EXPECT_THAT(steps(program), ElementsAre(Step(0, forward), Step(1, forward), Step(1, data)));
  EXPECT_EQ(program.loss(), 12.5);
}

/// The loss of a step, as float activations between the layers leave it.
double loss_of(ReferenceProgram& program) {
  program.step();
  return program.loss();
}

class WholeNetwork : public ::testing::TestWithParam<Loss> {};

// A step small enough that no other element becomes the maximum of its pooling window, and large enough for
// the rounding of the float activations, about 2^-24 / step: below a thousandth of the largest gradient.
TEST_P(WholeNetwork, HasTheGradientsOfItsLoss) {
  constexpr double step = 0x1p-10;
  const Model model = small_network(GetParam(), 1.0, true);
  ReferenceProgram program(model, options(Pass::forward_backward));
  std::vector<float> image(3 * 2 * 6 * 6);
  fill_normal(image, 1, 1, 0, 1);
  program.write(0, Tensor::input, image);
  program.step();
  const std::pair<Tensor, Tensor> tensors[] = {{Tensor::weights, Tensor::weights_gradient},
                                               {Tensor::bias, Tensor::bias_gradient},
                                               {Tensor::input, Tensor::input_gradient}};
  for (const int layer : {0, 5})
    for (const auto& [tensor, gradient_tensor] : tensors) {
      if (tensor == Tensor::input && layer != 0) continue;
      const std::vector<float> original = read(program, model, layer, tensor);
      program.step();
      const std::vector<float> gradient = read(program, model, layer, gradient_tensor);
      const float largest = std::abs(*std::max_element(
          gradient.begin(), gradient.end(), [](float a, float b) { return std::abs(a) < std::abs(b); }));
      for (std::size_t i = 0; i < original.size(); ++i) {
        std::vector<float> moved = original;
        moved[i] = static_cast<float>(original[i] + step);
        program.write(layer, tensor, moved);
        const double above = loss_of(program);
        moved[i] = static_cast<float>(original[i] - step);
        program.write(layer, tensor, moved);
        const double below = loss_of(program);
        EXPECT_NEAR(gradient[i], (above - below) / (2 * step), 1e-3 * largest) << layer << ", element " << i;
      }
      program.write(layer, tensor, original);
    }
}

INSTANTIATE_TEST_SUITE_P(Losses, WholeNetwork, ::testing::Values(Loss::l2, Loss::cross_entropy),
                         [](const auto& test) { return std::string(to_string(test.param)); });

TEST(ReferenceProgram, StartsFromTheValuesOfTheSeed) {
  const Model model = small_network(Loss::l2);
  ReferenceProgram program(model, options(Pass::forward));
  std::vector<float> expected(3 * 2 * 3 * 3);
  initial_weights(model, 0, 42, expected);
  std::vector<float> image(3 * 2 * 6 * 6);
  initial_input(model, 3, 42, image);

  EXPECT_EQ(read(program, model, 0, Tensor::weights), expected);
  EXPECT_EQ(read(program, model, 0, Tensor::input), image);
}

TEST(ReferenceProgram, ShowsParametersAndGradientsSideBySideInOneOrder) {
  const Model model = small_network(Loss::l2);
  ReferenceProgram program(model, options(Pass::forward_backward));
  program.step();

  ASSERT_EQ(program.parameters().size(), static_cast<std::size_t>(model.parameters()));
  ASSERT_EQ(program.gradients().size(), program.parameters().size());
  const auto bias = read(program, model, 0, Tensor::bias);
  const auto bias_gradient = read(program, model, 0, Tensor::bias_gradient);
  EXPECT_TRUE(std::equal(bias.begin(), bias.end(), program.parameters().begin() + 54));
  EXPECT_TRUE(std::equal(bias_gradient.begin(), bias_gradient.end(), program.gradients().begin() + 54));
}

TEST(ReferenceProgram, HasNoGradientsAndNoLossInInference) {
  const Model model = small_network(Loss::l2);
  ReferenceProgram program(model, options(Pass::forward));
  program.step();

  EXPECT_TRUE(program.gradients().empty());
  EXPECT_EQ(program.loss(), 0);
  EXPECT_THROW(read(program, model, 0, Tensor::weights_gradient), std::invalid_argument);
  EXPECT_THROW(read(program, model, 3, Tensor::mask), std::invalid_argument);
}

TEST(ReferenceProgram, DrawsANewMaskInEveryStep) {
  const Model model = small_network(Loss::l2);
  ReferenceProgram program(model, options(Pass::forward_backward));
  for (std::uint64_t step = 0; step < 3; ++step) {
    std::vector<float> expected(3 * 3 * 3 * 3);
    dropout_mask(model, 3, 42, step, expected);

    program.step();

    EXPECT_EQ(read(program, model, 3, Tensor::mask), expected) << "step " << step;
  }
}

TEST(ReferenceProgram, EndsInProbabilitiesThatTheLossIsNotTakenOf) {
  const Model model = small_network(Loss::l2);
  ReferenceProgram program(model, options(Pass::forward_backward));
  program.step();
  const auto logits = read(program, model, 5, Tensor::output);
  const auto probabilities = read(program, model, 6, Tensor::output);

  double squares = 0;
  for (const double x : logits) squares += x * x;
  EXPECT_NEAR(program.loss(), squares / 2, 1e-12);
  EXPECT_NEAR(probabilities[0] + probabilities[1] + probabilities[2] + probabilities[3], 1, 1e-6);
}

TEST(ReferenceProgram, WritesParametersAndTheImageAndNothingElse) {
  const Model model = small_network(Loss::l2);
  ReferenceProgram program(model, options(Pass::forward_backward));
  const std::vector<float> bias{1, 2, 3};
  const std::vector<float> activations(3 * 3 * 6 * 6);

  program.write(0, Tensor::bias, bias);

  EXPECT_EQ(read(program, model, 0, Tensor::bias), bias);
  EXPECT_THROW(program.write(0, Tensor::output, activations), std::invalid_argument);
  EXPECT_THROW(program.write(1, Tensor::input, activations), std::invalid_argument);
  EXPECT_THROW(program.write(1, Tensor::weights, bias), std::invalid_argument);
  EXPECT_THROW(program.write(0, Tensor::bias, activations), std::invalid_argument);
}

TEST(ReferenceProgram, RefusesAnEmptyBatch) {
  EXPECT_THROW(ReferenceProgram(small_network(Loss::l2), options(Pass::forward, 0)), std::runtime_error);
}

}  // namespace
}  // namespace cnnbench
