// What a oneDNN program promises about its steps, its input and the weights that it is given.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "harness/backend/choice.h"
#include "harness/backend/random.h"
#include "harness/measure/verification.h"
#include "tests/kernels/chains.h"

namespace cnnbench {
namespace {

const Backend& onednn() {
  return *find_backend("onednn");
}

/// Networks whose steps must be equal to the bit: no masks are drawn, and every way of keeping a value is
/// there.
std::vector<Network> repeatable_networks() {
  std::vector<Network> list;
  for (Network& network : chains())
    if (std::none_of(network.layers.begin(), network.layers.end(), [](const LayerKind& kind) {
          const auto* dropout = std::get_if<Dropout>(&kind);
          return dropout != nullptr && dropout->keep < 1;
        }))
      list.push_back(std::move(network));
  return list;
}

class OneDnnSteps : public ::testing::TestWithParam<int> {
 protected:
  PrepareOptions options(const Network& network, Pass pass) const {
    return {pass, network.batch, GetParam(), 3};
  }
};

TEST_P(OneDnnSteps, YieldsTheSameBitsInEveryStep) {
  for (const Network& network : repeatable_networks())
    for (const Pass pass : {Pass::forward, Pass::forward_backward, Pass::train}) {
      const Model model = network.model();
      const std::unique_ptr<Program> program = onednn().prepare(model, options(network, pass));
      const int last = static_cast<int>(model.layers.size()) - 1;
      program->step();
      const std::vector<float> output = read(*program, model, last, Tensor::output, network.batch);
      const double loss = program->loss();
      const std::vector<float> gradients(program->gradients().begin(), program->gradients().end());

      for (int step = 0; step < 3; ++step) program->step();

      EXPECT_EQ(read(*program, model, last, Tensor::output, network.batch), output) << network.name;
      EXPECT_EQ(program->loss(), loss) << network.name;
      EXPECT_TRUE(std::equal(gradients.begin(), gradients.end(), program->gradients().begin()))
          << network.name << " " << to_string(pass);
    }
}

// Two programs take the same steps, and the memory of one is moved in between.
TEST_P(OneDnnSteps, GoOnAsTheyWereWhereTheirMemoryIsMoved) {
  for (const char* const name : {"onednn", "winograd:all"})
    for (const Network& network : chains())
      for (const Pass pass : {Pass::forward, Pass::train}) {
        const Model model = network.model();
        const int last = static_cast<int>(model.layers.size()) - 1;
        const Backend& backend = *find_backend(name);
        if (!std::all_of(model.layers.begin(), model.layers.end(),
                         [&](const ModelLayer& layer) { return backend.unsupported(layer, pass).empty(); }))
          continue;
        const auto still = backend.prepare(model, options(network, pass));
        const auto moved = backend.prepare(model, options(network, pass));
        const float* const before = moved->parameters().data();
        for (int step = 0; step < 2; ++step) {
          still->step();
          moved->step();
          ASSERT_TRUE(moved->move_memory());
        }
        if (!moved->parameters().empty()) {
          EXPECT_NE(moved->parameters().data(), before);
        }
        still->step();
        moved->step();

        EXPECT_EQ(read(*moved, model, last, Tensor::output, network.batch),
                  read(*still, model, last, Tensor::output, network.batch))
            << name << " " << network.name << " " << to_string(pass);
        EXPECT_EQ(moved->loss(), still->loss());
        EXPECT_TRUE(std::ranges::equal(moved->gradients(), still->gradients()));
        EXPECT_TRUE(std::ranges::equal(moved->parameters(), still->parameters()));
      }
}

TEST_P(OneDnnSteps, LeavesItsInputAndItsParametersAlone) {
  for (const Network& network : chains())
    for (const Pass pass : {Pass::forward, Pass::forward_backward}) {
      const Model model = network.model();
      const std::unique_ptr<Program> program = onednn().prepare(model, options(network, pass));
      const std::vector<float> input = read(*program, model, 0, Tensor::input, network.batch);
      const std::vector<float> parameters(program->parameters().begin(), program->parameters().end());

      for (int step = 0; step < 2; ++step) program->step();

      EXPECT_EQ(read(*program, model, 0, Tensor::input, network.batch), input) << network.name;
      EXPECT_TRUE(std::equal(parameters.begin(), parameters.end(), program->parameters().begin()))
          << network.name;
    }
}

TEST_P(OneDnnSteps, RunsTheWeightsAndImagesThatItIsGiven) {
  for (const Network& network : chains())
    for (const Pass pass : {Pass::forward, Pass::forward_backward, Pass::train}) {
      const Model model = network.model();
      const PrepareOptions how = options(network, pass);
      const std::unique_ptr<Program> program = onednn().prepare(model, how);
      std::uint64_t stream = 0;
      const auto replace = [&](int layer, Tensor tensor) {
        std::vector<float> values = read(*program, model, layer, tensor, network.batch);
        if (values.empty()) return;
        fill_normal(values, 99, ++stream, 0.05F, 0.1F);
        program->write(layer, tensor, values);
        EXPECT_EQ(read(*program, model, layer, tensor, network.batch), values) << network.name;
      };
      program->step();
      for (int layer = 0; layer < static_cast<int>(model.layers.size()); ++layer) {
        if (model.layers[static_cast<std::size_t>(layer)].weights > 0) replace(layer, Tensor::weights);
        if (model.layers[static_cast<std::size_t>(layer)].biases > 0) replace(layer, Tensor::bias);
      }
      replace(0, Tensor::input);
      const std::vector<float> images = read(*program, model, 0, Tensor::input, network.batch);
      VerificationOptions settings;
      settings.parameters_from_seed = false;
      settings.images = images;

      for (const Check& check : verify(*program, model, how, *find_backend("reference")->oracle(), settings))
        EXPECT_TRUE(check.passed) << network.name << " " << check.layer << " " << tensor_name(check.tensor)
                                  << ", " << check.message;
    }
}

// In Pass::train an update changes the span between steps: layouts made from it are made again.
TEST_P(OneDnnSteps, RunsWhatTheParameterSpanHoldsInThePassThatTrains) {
  for (const Network& network : chains()) {
    const Model model = network.model();
    const PrepareOptions how = options(network, Pass::train);
    const std::unique_ptr<Program> program = onednn().prepare(model, how);
    program->step();
    for (float& parameter : program->parameters()) parameter *= 1.25F;  // padding stays zero
    VerificationOptions settings;
    settings.parameters_from_seed = false;

    for (const Check& check : verify(*program, model, how, *find_backend("reference")->oracle(), settings))
      EXPECT_TRUE(check.passed) << network.name << " " << check.layer << " " << tensor_name(check.tensor)
                                << ", " << check.message;
  }
}

TEST_P(OneDnnSteps, DrawsANewMaskInEveryStepAndTheSameAgainFromTheSameSeed) {
  const Network network = small_vgg();
  const Model model = network.model();
  const int dropout = 8;
  const std::unique_ptr<Program> one = onednn().prepare(model, options(network, Pass::forward_backward));
  const std::unique_ptr<Program> other = onednn().prepare(model, options(network, Pass::forward_backward));
  std::vector<std::vector<float>> masks;

  for (int step = 0; step < 3; ++step) {
    one->step();
    other->step();
    masks.push_back(read(*one, model, dropout, Tensor::mask, network.batch));
    EXPECT_EQ(read(*other, model, dropout, Tensor::mask, network.batch), masks.back());
  }

  EXPECT_NE(masks[0], masks[1]);
  EXPECT_NE(masks[1], masks[2]);
  for (const float factor : masks[0]) EXPECT_TRUE(factor == 0.0F || factor == 2.0F) << factor;
  const auto kept = std::count(masks[0].begin(), masks[0].end(), 2.0F);
  EXPECT_THAT(kept, ::testing::AllOf(::testing::Gt(32), ::testing::Lt(96)));  // of 128; 5.6 sd
}

INSTANTIATE_TEST_SUITE_P(Threads, OneDnnSteps, ::testing::Values(1, 2));

TEST(OneDnnProgram, RefusesTensorsThatALayerDoesNotHave) {
  const Network network = small_lenet();
  const Model model = network.model();
  const std::unique_ptr<Program> program = onednn().prepare(model, {Pass::forward, network.batch, 1, 1});
  program->step();
  std::vector<float> bias(6);
  std::vector<float> longer(7);
  std::vector<float> weights(6 * 5 * 5);
  std::vector<float> pooled(5 * 6 * 6 * 6);

  EXPECT_THROW(program->read(0, Tensor::weights_gradient, weights), std::invalid_argument);
  EXPECT_THROW(program->read(1, Tensor::weights, bias), std::invalid_argument);
  EXPECT_THROW(program->read(0, Tensor::mask, pooled), std::invalid_argument);
  EXPECT_THROW(program->read(0, Tensor::bias, longer), std::invalid_argument);
  EXPECT_THROW(program->write(0, Tensor::bias, longer), std::invalid_argument);
  EXPECT_THROW(program->write(1, Tensor::input, pooled), std::invalid_argument);
  EXPECT_THROW(program->write(0, Tensor::output, pooled), std::invalid_argument);
}

TEST(OneDnnProgram, HasNoLossAndNoGradientsInInference) {
  const Network network = small_lenet();
  const std::unique_ptr<Program> program =
      onednn().prepare(network.model(), {Pass::forward, network.batch, 1, 1});
  program->step();

  EXPECT_EQ(program->loss(), 0);
  EXPECT_TRUE(program->gradients().empty());
}

}  // namespace
}  // namespace cnnbench
