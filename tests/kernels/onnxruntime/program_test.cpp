// What the conformance test does not see of ONNX Runtime: rewriting of parameters, and its one thread pool.
#include <gmock/gmock.h>

#include "harness/backend/choice.h"
#include "tests/kernels/networks.h"
#include "tests/kernels/scripted_tuner.h"

namespace cnnbench {
namespace {

using ::testing::Each;
using ::testing::FloatEq;
using ::testing::HasSubstr;

std::unique_ptr<Program> prepare(const Network& network, int threads = 2) {
  return find_backend("onnxruntime")->prepare(network.model(), {Pass::forward, network.batch, threads, 7});
}

TEST(OnnxRuntimeProgram, AParameterThatIsWrittenCountsFromTheNextStepOn) {
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

TEST(OnnxRuntimeProgram, NothingElseCanBeReadOrWritten) {
  const std::unique_ptr<Program> program = prepare({"", {3, 6, 6}, {conv(5)}});
  std::vector<float> output(2 * 5 * 16);

  EXPECT_THROW(program->write(0, Tensor::output, output), std::invalid_argument);
  EXPECT_THROW(program->read(0, Tensor::output_gradient, output), std::invalid_argument);
  EXPECT_THROW(program->read(0, Tensor::mask, output), std::invalid_argument);
  EXPECT_THROW(program->write(0, Tensor::bias, std::vector<float>(4)), std::invalid_argument);
}

TEST(OnnxRuntimeProgram, ProgramsOfOneNumberOfThreadsShareTheThreadPool) {
  const Network network{"", {3, 6, 6}, {conv(5)}};
  const std::unique_ptr<Program> first = prepare(network);

  EXPECT_NO_THROW(prepare(network)->step());
  EXPECT_THROW(prepare(network, 1), std::runtime_error);
}

TEST(OnnxRuntimeProgram, TheThreadPoolMayHaveAnotherSizeOnceItsProgramsAreGone) {
  const Network network{"", {3, 6, 6}, {conv(5)}};
  prepare(network, 2)->step();

  EXPECT_NO_THROW(prepare(network, 1)->step());
}

TEST(OnnxRuntimeProgram, AConvolutionRunsAndNamesWhatTheTunerChooses) {
  const Network network{"", {3, 6, 6}, {with(conv(5), Activation::relu)}};
  for (const std::string name : {"layouts on", "layouts off"}) {
    ScriptedTuner tuner;
    tuner.runs_all = true;
    tuner.prefer = [&](const std::string&, const std::string& candidate) { return candidate == name; };
    const auto program =
        find_backend("onnxruntime")->prepare(network.model(), {Pass::forward, 2, 2, 7, {}, &tuner});

    EXPECT_EQ(program->operations()[0].implementation, "Conv+Relu, " + name);
    EXPECT_TRUE(tuner.failed.empty());
    EXPECT_NO_THROW(program->step());
  }
}

TEST(OnnxRuntimeBackend, SaysWhyItDoesNotTrain) {
  const Model model = Network{"", {3, 6, 6}, {conv(5)}}.model();

  EXPECT_THAT(find_backend("onnxruntime")->unsupported(model.layers[0], Pass::train), HasSubstr("backward"));
}

}  // namespace
}  // namespace cnnbench
