// Which operations a oneDNN program has: nothing that a good engineer would leave out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "harness/backend/choice.h"
#include "tests/kernels/chains.h"

namespace cnnbench {
namespace {

std::vector<Operation> operations(const Network& network, Pass pass) {
  return find_backend("onednn")->prepare(network.model(), {pass, network.batch, 1, 1})->operations();
}

std::int64_t count(const std::vector<Operation>& operations, int layer, Direction direction) {
  return std::count_if(operations.begin(), operations.end(), [&](const Operation& operation) {
    return operation.layer == layer && operation.direction == direction;
  });
}

std::int64_t reorders(const Network& network, Pass pass) {
  const std::vector<Operation> all = operations(network, pass);
  const auto number = std::count_if(all.begin(), all.end(), [](const Operation& operation) {
    return operation.direction == Direction::reorder;
  });
  std::cout << network.name << " " << to_string(pass) << ": " << number << " reorders of " << all.size()
            << " operations\n";
  return number;
}

TEST(OneDnnOperations, NameTheirImplementation) {
  for (const Network& network : chains())
    for (const Operation& operation : operations(network, Pass::forward_backward))
      EXPECT_FALSE(operation.implementation.empty()) << network.name << ", layer " << operation.layer;
}

TEST(OneDnnOperations, AreThoseThatTheLayersHave) {
  for (const Network& network : chains()) {
    const Model model = network.model();
    const std::vector<Operation> all = operations(network, Pass::forward_backward);
    for (int i = 0; i < static_cast<int>(model.layers.size()); ++i) {
      const ModelLayer& layer = model.layers[static_cast<std::size_t>(i)];
      const std::string what = network.name + " " + layer.name;
      const bool free = std::holds_alternative<Flatten>(layer.kind);
      EXPECT_EQ(count(all, i, Direction::forward), free ? 0 : 1) << what;
      // Batch normalisation has one primitive for all its gradients, which counts as backward data.
      const bool one_for_all = std::holds_alternative<BatchNormalization>(layer.kind) && layer.input_gradient;
      EXPECT_EQ(count(all, i, Direction::backward_data) > 0,
                has_direction(layer, Direction::backward_data) && !free)
          << what;
      EXPECT_EQ(count(all, i, Direction::backward_weights) > 0,
                has_direction(layer, Direction::backward_weights) && !one_for_all)
          << what;
    }
    const int loss = static_cast<int>(model.layers.size());
    EXPECT_EQ(count(all, loss, Direction::forward), 1) << network.name;
  }
}

TEST(OneDnnOperations, TakeNoGradientOfTheImageNorOfWhatComesBeforeTheFirstParameters) {
  const Network network{
      "late", {3, 12, 12}, {max_pool({2, 2}, {2, 2}), ActivationLayer{}, conv(17), conv(5)}};

  const std::vector<Operation> all = operations(network, Pass::forward_backward);

  for (const int layer : {0, 1, 2}) EXPECT_EQ(count(all, layer, Direction::backward_data), 0) << layer;
  EXPECT_EQ(count(all, 2, Direction::backward_weights), 1);
  EXPECT_EQ(count(all, 3, Direction::backward_data), 1);
}

TEST(OneDnnOperations, FuseActivationsInForward) {
  for (const Activation activation : {Activation::relu, Activation::tanh, Activation::sigmoid}) {
    const Network network{"fused", {3, 7, 7}, {with(conv(17), activation), Dense{5, true, activation}}};
    for (const Pass pass : {Pass::forward, Pass::forward_backward}) {
      const std::vector<Operation> all = operations(network, pass);
      EXPECT_EQ(count(all, 0, Direction::forward), 1) << to_string(activation);
      EXPECT_EQ(count(all, 1, Direction::forward), 1) << to_string(activation);
    }
  }
}

TEST(OneDnnOperations, LeaveDropoutAndFlattenOutOfInference) {
  const Network network = small_vgg();
  const std::vector<Operation> all = operations(network, Pass::forward);

  for (const int layer : {6, 8, 10})
    EXPECT_EQ(std::count_if(all.begin(), all.end(), [&](const Operation& o) { return o.layer == layer; }), 0);
  EXPECT_EQ(std::count_if(all.begin(), all.end(),
                          [](const Operation& o) { return o.direction != Direction::reorder; }),
            10);  // 4 convolutions, 2 pools, 3 dense, softmax
}

// Forward, layouts change at most where a stack of convolutions is entered or left. Going back, a
// convolution may want its source and both gradients in other layouts: it does with SSE 4.1, not with AVX2
// and later.
TEST(OneDnnOperations, ReorderOnlyWhereLayoutsDiffer) {
  EXPECT_LE(reorders(small_vgg(), Pass::forward), 2);
  EXPECT_LE(reorders(small_lenet(), Pass::forward), 3);
  EXPECT_LE(reorders(small_vgg(), Pass::forward_backward), 3 * 4 + 1);
  EXPECT_LE(reorders(small_lenet(), Pass::forward_backward), 3 * 2 + 1);
}

TEST(OneDnnOperations, OfVectorsNeverReorder) {
  const Network mlp{
      "mlp", {1, 5, 5}, {Flatten{}, Dense{33, true, Activation::relu}, Dropout{0.5}, Dense{10}, Softmax{}}};
  for (const Pass pass : {Pass::forward, Pass::forward_backward}) EXPECT_EQ(reorders(mlp, pass), 0);
}

TEST(OneDnnOperations, RemakeLayoutsOfWeightsInEveryStepOnlyWhereTheyAreUpdated) {
  EXPECT_LE(reorders(small_vgg(), Pass::forward_backward), reorders(small_vgg(), Pass::train));
}

TEST(OneDnnBackend, TellsVersionInstructionSetAndThreading) {
  const Backend& backend = *find_backend("onednn");

  EXPECT_THAT(backend.version(), ::testing::MatchesRegex("[23]\\.[0-9]+\\.[0-9]+"));
  ASSERT_EQ(backend.facts().size(), 2U);
  EXPECT_EQ(backend.facts()[0].first, "effective_isa");
  EXPECT_EQ(backend.facts()[1].first, "threading");
  EXPECT_EQ(backend.oracle(), nullptr);
}

TEST(Unsupported, IsACropDeeperThanThePaddingAndPreparingItThrows) {
  const Model model = Network{"deep_crop", {3, 9, 9}, {cropped(conv(5), 1)}}.model();
  const Backend& onednn = *find_backend("onednn");

  EXPECT_NE(onednn.unsupported(model.layers[0], Pass::forward), "");
  EXPECT_THROW(onednn.prepare(model, {Pass::forward, 1, 1, 1}), std::runtime_error);
  EXPECT_EQ(find_backend("reference")->unsupported(model.layers[0], Pass::forward), "");
}

}  // namespace
}  // namespace cnnbench
