#include "harness/measure/dump.h"
#include "harness/backend/choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "harness/measure/npy.h"
#include "tests/harness/measure/fake_backend.h"
#include "tests/harness/measure/scratch_folder.h"

namespace cnnbench {
namespace {

using Sides = std::vector<std::int64_t>;

class Dump : public ::testing::Test {
 protected:
  void dump(Pass pass) {
    options.pass = pass;
    program = find_backend("reference")->prepare(model, options);
    dump_step(*program, model, options, where);
  }

  /// Names of the files, sorted, without .npy.
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(where)) names.push_back(entry.path().stem());
    std::sort(names.begin(), names.end());
    return names;
  }

  NpyArray load(const std::string& name) const { return read_npy(where / (name + ".npy")); }

  Model model = verified_model();
  PrepareOptions options{Pass::forward, 2, 1, 5};
  ScratchFolder folder;
  std::filesystem::path where = folder.path() / "reference" / "forward";
  std::unique_ptr<Program> program;
};

TEST_F(Dump, OfInferenceHasInputParametersAndOutputs) {
  dump(Pass::forward);

  EXPECT_THAT(files(), ::testing::ElementsAre("conv.bias", "conv.output", "conv.weights", "dense.bias",
                                              "dense.output", "dense.weights", "drop.output",
                                              "flatten.output", "input", "pool.output", "softmax.output"));
}

TEST_F(Dump, OfTrainingHasLossLabelsMaskAndGradientsToo) {
  dump(Pass::forward_backward);

  for (const std::string name : {"loss", "labels", "drop.mask", "conv.weights_gradient", "conv.bias_gradient",
                                 "dense.weights_gradient", "dense.bias_gradient"})
    EXPECT_THAT(files(), ::testing::Contains(name));
  EXPECT_EQ(files().size(), 11U + 7U);
}

TEST_F(Dump, HasTheShapesThatOtherFrameworksExpect) {
  dump(Pass::forward_backward);

  EXPECT_EQ(load("input").shape, (Sides{2, 3, 8, 8}));
  EXPECT_EQ(load("conv.weights").shape, (Sides{16, 3, 3, 3}));
  EXPECT_EQ(load("conv.weights_gradient").shape, (Sides{16, 3, 3, 3}));
  EXPECT_EQ(load("conv.bias").shape, (Sides{16}));
  EXPECT_EQ(load("conv.output").shape, (Sides{2, 16, 8, 8}));
  EXPECT_EQ(load("drop.mask").shape, (Sides{2, 16, 4, 4}));
  EXPECT_EQ(load("flatten.output").shape, (Sides{2, 256, 1, 1}));
  EXPECT_EQ(load("dense.weights").shape, (Sides{10, 256}));
  EXPECT_EQ(load("dense.bias_gradient").shape, (Sides{10}));
  EXPECT_EQ(load("softmax.output").shape, (Sides{2, 10, 1, 1}));
  EXPECT_EQ(load("loss").shape, Sides{});
}

TEST_F(Dump, HoldsTheValuesOfOneStep) {
  dump(Pass::forward_backward);
  std::vector<float> weights(16 * 3 * 9);
  initial_weights(model, 0, options.seed, weights);
  std::vector<float> images(2 * 3 * 8 * 8);
  initial_input(model, 2, options.seed, images);
  std::vector<float> gradient(10 * 256);
  program->read(4, Tensor::weights_gradient, gradient);

  EXPECT_EQ(load("conv.weights").values, weights);
  EXPECT_EQ(load("input").values, images);
  EXPECT_EQ(load("dense.weights_gradient").values, gradient);
  EXPECT_EQ(load("loss").values, std::vector<float>{static_cast<float>(program->loss())});
}

TEST_F(Dump, OfAGroupedConvolutionAndABatchNormalisationHasTheirOwnShapes) {
  model = build_model("m", "", {4, 3, 3},
                      {{"conv", Convolution{.filters = 6, .kernel = {1, 2}, .padding = {}, .groups = 2}},
                       {"norm", BatchNormalization{}}},
                      Loss::l2);
  dump(Pass::forward_backward);

  EXPECT_EQ(load("conv.weights").shape, (Sides{6, 2, 1, 2}));
  EXPECT_EQ(load("norm.weights").shape, (Sides{6}));
  EXPECT_EQ(load("norm.bias_gradient").shape, (Sides{6}));
}

}  // namespace
}  // namespace cnnbench
