// What a convolution on kernels/winograd computes along with its neighbours: the pool behind it, and the way
// back through the ReLU before it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "harness/measure/verification.h"
#include "tests/kernels/onednn/winograd_chain.h"

namespace cnnbench {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

std::vector<int> layers_of(const std::vector<Operation>& all) {
  std::vector<int> layers;
  for (const Operation& operation : all)
    if (operation.direction != Direction::reorder) layers.push_back(operation.layer);
  return layers;
}

TEST(OneDnnWinograd, PoolsAlongWithTheConvolutionAndItsGradients) {
  const std::vector<Operation> inference = operations(chain(), Pass::forward, "winograd");
  EXPECT_THAT(layers_of(inference), ElementsAre(0, 1, 3, 4, 6, 8, 9));
  const std::vector<Operation> training = operations(chain(), Pass::forward_backward, "winograd");
  for (const std::vector<Operation>* all : {&inference, &training}) {
    EXPECT_THAT(layers_of(*all), AllOf(Not(Contains(2)), Not(Contains(5))));
    for (const int layer : {1, 4})
      EXPECT_THAT(implementations(*all, layer, Direction::forward),
                  Contains(MatchesRegex("winograd:f[46]x[46]\\+pool:[a-z0-9_]+")));
    for (const int layer : {3, 6})
      EXPECT_THAT(implementations(*all, layer, Direction::forward), Each(Not(HasSubstr("pool"))));
  }
  for (const Direction direction : {Direction::backward_data, Direction::backward_weights})
    EXPECT_THAT(implementations(training, 1, direction),
                Contains(MatchesRegex("winograd:f[46]x[46]\\+pool:[a-z0-9_]+")));
}

// Layer 0 is the library's, with ReLU, through which layer 1 takes the gradient.
TEST(OneDnnWinograd, TakesGradientsThroughTheReluOfTheLibrarysLayerBefore) {
  const auto backward_of_first = [](const std::string& backend) {
    return implementations(operations(chain(), Pass::forward_backward, backend), 0,
                           Direction::backward_weights)
        .size();
  };
  EXPECT_EQ(backward_of_first("winograd") + 1, backward_of_first("onednn"));
}

// What is between the two layers is in no memory of a step, and is read all the same.
TEST(OneDnnWinograd, IsVerifiedLayerByLayerWhereItPools) {
  const Model model = chain().model();
  for (const Pass pass : {Pass::forward, Pass::forward_backward, Pass::train}) {
    const PrepareOptions how{pass, 2, 2, 1};
    const auto program = find_backend("winograd")->prepare(model, how);
    std::vector<std::string> checked;
    for (const Check& check : verify(*program, model, how, *find_backend("reference")->oracle(), {})) {
      EXPECT_TRUE(check.passed) << check.layer << ", " << tensor_name(check.tensor) << ", " << check.message;
      checked.push_back(check.layer + " " + std::string(tensor_name(check.tensor)));
    }
    std::vector<std::string> tensors{" input", " output"};
    if (pass != Pass::forward) tensors.insert(tensors.end(), {" output_gradient", " input_gradient"});
    for (const int layer : {1, 2, 4, 5})
      for (const std::string& tensor : tensors)
        EXPECT_THAT(checked, Contains(model.layers[static_cast<std::size_t>(layer)].name + tensor));
  }
}

TEST(OneDnnWinograd, LeavesOtherPoolsToTheLibrary) {
  const LayerKind pools[] = {max_pool({3, 3}, {2, 2}), max_pool({2, 2}, {1, 1}), average_pool({2, 2}, {2, 2}),
                             max_pool({2, 2}, {2, 2}, {}, Border::keep)};
  for (const LayerKind& pool : pools) {
    const Network network{"other", {64, 9, 9}, {same(64), pool}};
    const std::vector<Operation> all = operations(network, Pass::forward, "winograd");
    EXPECT_THAT(layers_of(all), ElementsAre(0, 1));
    EXPECT_TRUE(std::any_of(all.begin(), all.end(), on_winograd));
  }
  const LayerKind pool = max_pool({2, 2}, {2, 2});
  const LayerKind tanh = with(conv(64, {3, 3}, PaddingRule::same), Activation::tanh);
  EXPECT_THAT(layers_of(operations({"tanh", {64, 9, 9}, {tanh, pool}}, Pass::forward, "winograd")),
              ElementsAre(0, 0, 1));
  EXPECT_THAT(layers_of(operations({"between", {64, 9, 9}, {same(64), ActivationLayer{}, pool}},
                                   Pass::forward, "winograd")),
              ElementsAre(0, 1, 2));
}

}  // namespace
}  // namespace cnnbench
