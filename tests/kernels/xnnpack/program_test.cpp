// What the conformance test does not see of XNNPACK: where reorders are, the parameters' layout, rewriting.
#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>

#include "harness/backend/choice.h"
#include "tests/kernels/networks.h"

namespace cnnbench {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::FloatEq;
using ::testing::HasSubstr;

std::unique_ptr<Program> prepare(const Network& network, int threads = 2) {
  return find_backend("xnnpack")->prepare(network.model(), {Pass::forward, network.batch, threads, 7});
}

/// The layers that have a reorder, in the order of execution.
std::vector<int> reorders(const Program& program) {
  std::vector<int> layers;
  for (const Operation& operation : program.operations())
    if (operation.direction == Direction::reorder) layers.push_back(operation.layer);
  return layers;
}

TEST(XnnpackProgram, OnlyTheImagesAreReorderedAlsoBeforeADenseLayer) {
  const Network network{"", {3, 8, 8}, {conv(5), max_pool({2, 2}, {2, 2}), Flatten{}, Dense{.units = 4}}};

  EXPECT_THAT(reorders(*prepare(network)), ElementsAre(0));
}

TEST(XnnpackProgram, ImagesOfOneChannelNeedNoReorder) {
  EXPECT_THAT(reorders(*prepare({"", {1, 8, 8}, {conv(5), Dense{.units = 4}}})), ElementsAre());
}

TEST(XnnpackProgram, ADenseLayerTakesImagesAsTheyAre) {
  EXPECT_THAT(reorders(*prepare({"", {3, 4, 4}, {Flatten{}, Dense{.units = 4}}})), ElementsAre());
}

TEST(XnnpackProgram, WeightsLieInTheArenaAsOutputHeightWidthInput) {
  const Network network{"", {2, 4, 4}, {unbiased(conv(1, {1, 3}))}};
  const std::unique_ptr<Program> program = prepare(network);

  program->write(0, Tensor::weights, std::vector<float>{1, 2, 3, 10, 20, 30});  // OIHW

  EXPECT_THAT(program->parameters().first(6), ElementsAre(1, 10, 2, 20, 3, 30));
}

TEST(XnnpackProgram, ADenseLayerAfterAnImageHasItsColumnsInTheOrderOfTheImage) {
  const Network network{"", {1, 2, 2}, {unbiased(conv(2, {1, 1})), Dense{.units = 1, .bias = false}}};
  const std::unique_ptr<Program> program = prepare(network);
  const std::vector<float> plain{1, 2, 3, 4, 10, 20, 30, 40};  // CHW

  program->write(1, Tensor::weights, plain);

  EXPECT_THAT(program->parameters().subspan(16, 8), ElementsAre(1, 10, 2, 20, 3, 30, 4, 40));
  EXPECT_THAT(read(*program, network.model(), 1, Tensor::weights, network.batch), ElementsAreArray(plain));
}

TEST(XnnpackProgram, AParameterThatIsWrittenCountsFromTheNextStepOn) {
  const Network network{"", {3, 6, 6}, {conv(5), Dense{.units = 2}}};
  const Model model = network.model();
  const std::unique_ptr<Program> program = prepare(network);
  program->step();

  program->write(0, Tensor::weights, std::vector<float>(5 * 27, 0.0F));
  program->write(0, Tensor::bias, std::vector<float>(5, 0.25F));
  program->write(1, Tensor::weights, std::vector<float>(2 * 80, 0.5F));
  program->write(1, Tensor::bias, std::vector<float>(2, 1.0F));
  program->step();

  EXPECT_THAT(read(*program, model, 1, Tensor::input, network.batch), Each(0.25F));
  EXPECT_THAT(read(*program, model, 1, Tensor::output, network.batch), Each(FloatEq(80 * 0.25F * 0.5F + 1)));
}

TEST(XnnpackProgram, NothingElseCanBeReadOrWritten) {
  const std::unique_ptr<Program> program = prepare({"", {3, 6, 6}, {conv(5)}});
  std::vector<float> output(2 * 5 * 16);

  EXPECT_THROW(program->write(0, Tensor::output, output), std::invalid_argument);
  EXPECT_THROW(program->read(0, Tensor::output_gradient, output), std::invalid_argument);
  EXPECT_THROW(program->read(0, Tensor::mask, output), std::invalid_argument);
  EXPECT_THROW(program->write(0, Tensor::bias, std::vector<float>(4)), std::invalid_argument);
}

TEST(XnnpackBackend, NamesTheFileOfTheLibraryAsItsVersion) {
  EXPECT_THAT(find_backend("xnnpack")->version(), HasSubstr("XNNPACK.so."));
}

TEST(XnnpackBackend, SaysWhyItDoesNotTrain) {
  const Model model = Network{"", {3, 6, 6}, {conv(5)}}.model();

  EXPECT_THAT(find_backend("xnnpack")->unsupported(model.layers[0], Pass::train), HasSubstr("backward"));
}

}  // namespace
}  // namespace cnnbench
