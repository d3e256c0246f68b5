// What the conformance test does not see of the torch backends: which setting runs, packed copies, layouts of
// parameters, memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <set>

#include "harness/backend/choice.h"
#include "tests/kernels/chains.h"
#include "tests/kernels/scripted_tuner.h"

namespace cnnbench {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TorchBackends : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const BackendChoice& choice : backend_choices())
      if (choice.name == "torch" && !choice.missing.empty()) GTEST_SKIP() << "torch: " << choice.missing;
  }

  static std::unique_ptr<Program> prepare(const std::string& backend, const Model& model, Pass pass,
                                          std::int64_t batch = 2) {
    return find_backend(backend)->prepare(model, {pass, batch, 2, 7});
  }
};

Model conv_relu_model() {
  return Network{"", {3, 9, 9}, {with(conv(17), Activation::relu), Dense{.units = 5}}}.model();
}

/// The settings that a program's operations say they run in: "aten SETTING: …".
std::set<std::string> settings_of(const Program& program) {
  std::set<std::string> found;
  for (const Operation& operation : program.operations()) {
    const std::string& text = operation.implementation;
    found.insert(text.substr(0, text.find(':')));
  }
  return found;
}

TEST_F(TorchBackends, TheSettingThatTheTunerChoosesIsNamedByEveryOperation) {
  const Model model = small_vgg().model();
  const std::vector<std::string> of_training{"nchw", "channels_last"};
  const std::vector<std::string> of_inference{"nchw", "channels_last", "packed", "mkldnn"};
  for (const Pass pass : {Pass::forward, Pass::forward_backward}) {
    const std::vector<std::string>& settings = pass == Pass::forward ? of_inference : of_training;
    for (const std::string& setting : settings) {
      ScriptedTuner tuner;
      tuner.runs_all = true;
      tuner.prefer = [&](const std::string&, const std::string& name) { return name == setting; };
      const auto program = find_backend("torch")->prepare(model, {pass, 2, 2, 7, {}, &tuner});
      EXPECT_EQ(settings_of(*program), std::set<std::string>{"aten " + setting});
      ASSERT_EQ(tuner.questions.size(), 1U);
      EXPECT_EQ(tuner.questions[0].names, settings);
      EXPECT_THAT(tuner.failed, IsEmpty());
    }
  }
}

TEST_F(TorchBackends, WithoutATunerTheSettingIsTheLibrarysDefault) {
  EXPECT_EQ(settings_of(*prepare("torch", conv_relu_model(), Pass::forward)),
            std::set<std::string>{"aten nchw"});
}

TEST_F(TorchBackends, AFixedSettingIsTheOneThatRuns) {
  for (const std::string setting : {"nchw", "channels_last", "packed", "mkldnn"})
    EXPECT_EQ(settings_of(*prepare("torch:" + setting, conv_relu_model(), Pass::forward)),
              std::set<std::string>{"aten " + setting});
}

TEST_F(TorchBackends, ReluIsPartOfTheConvolutionsOperation) {
  const auto convolution_of = [&](const std::string& backend) {
    const auto program = prepare(backend, conv_relu_model(), Pass::forward);
    const auto& all = program->operations();
    const auto is_convolution = [](const Operation& o) {
      return o.layer == 0 && o.direction == Direction::forward;
    };
    EXPECT_EQ(std::count_if(all.begin(), all.end(), is_convolution), 1) << backend;
    return std::find_if(all.begin(), all.end(), is_convolution)->implementation;
  };
  EXPECT_THAT(convolution_of("torch:nchw"), HasSubstr("convolution("));
  EXPECT_THAT(convolution_of("torch:nchw"), HasSubstr("+relu_"));
  EXPECT_THAT(convolution_of("torch:packed"), HasSubstr("conv2d_run(relu)"));
}

TEST_F(TorchBackends, WrittenParametersReachThePackedCopies) {
  for (const std::string backend : {"torch:packed", "torch:mkldnn"}) {
    const Model model = conv_relu_model();
    const auto program = prepare(backend, model, Pass::forward);
    for (int layer = 0; layer < 2; ++layer) {
      const ModelLayer& shape = model.layers[static_cast<std::size_t>(layer)];
      program->write(layer, Tensor::weights,
                     std::vector<float>(static_cast<std::size_t>(shape.weights), 0.0F));
      program->write(layer, Tensor::bias, std::vector<float>(static_cast<std::size_t>(shape.biases), 0.25F));
    }

    // Values live until the next layer has run.
    for (std::size_t i = 0; i < program->operations().size(); ++i) {
      program->run(i);
      const int layer = program->operations()[i].layer;
      if (program->operations()[i].direction != Direction::forward) continue;
      EXPECT_THAT(read(*program, model, layer, Tensor::output, 2), Each(0.25F)) << backend;
    }
  }
}

TEST_F(TorchBackends, EveryElementOfTheGradientsLiesWhereItsParameterLies) {
  for (const std::string backend : {"torch:nchw", "torch:channels_last"}) {
    const Model model = conv_relu_model();
    const auto program = prepare(backend, model, Pass::forward_backward);
    program->step();
    ASSERT_EQ(program->parameters().size(), program->gradients().size());

    std::copy(program->gradients().begin(), program->gradients().end(), program->parameters().begin());

    for (int layer = 0; layer < 2; ++layer) {
      EXPECT_EQ(read(*program, model, layer, Tensor::weights, 2),
                read(*program, model, layer, Tensor::weights_gradient, 2));
      EXPECT_EQ(read(*program, model, layer, Tensor::bias, 2),
                read(*program, model, layer, Tensor::bias_gradient, 2));
    }
  }
}

TEST_F(TorchBackends, PackedSettingsSayThatTheyAreForInference) {
  const ModelLayer layer = conv_relu_model().layers[0];
  for (const std::string backend : {"torch:packed", "torch:mkldnn"}) {
    EXPECT_THAT(find_backend(backend)->unsupported(layer, Pass::forward), IsEmpty());
    EXPECT_THAT(find_backend(backend)->unsupported(layer, Pass::forward_backward), HasSubstr("inference"));
    EXPECT_THROW(prepare(backend, conv_relu_model(), Pass::train), std::runtime_error);
  }
}

TEST_F(TorchBackends, PaddingOfMoreThanHalfAPoolingWindowIsRefusedInWords) {
  const Model model = Network{"", {3, 9, 9}, {max_pool({3, 3}, {2, 2}, {2, 2})}}.model();
  EXPECT_THAT(find_backend("torch:nchw")->unsupported(model.layers[0], Pass::forward), HasSubstr("half"));
}

TEST_F(TorchBackends, StepsAfterTheFirstTouchNoNewMemory) {
  // Two activations of 8 MiB and a gradient each: thousands of small pages a step, or tens of huge ones.
  const Model model =
      Network{"", {8, 256, 256}, {with(conv(8, {3, 3}, PaddingRule::same), Activation::relu), conv(8)}, 4}
          .model();
  const auto faults = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
  };
  for (const std::string backend : {"torch:nchw", "torch:channels_last"}) {
    const auto program = prepare(backend, model, Pass::forward_backward, 4);
    for (int i = 0; i < 3; ++i) program->step();
    const long before = faults();

    for (int i = 0; i < 5; ++i) program->step();

    EXPECT_LT(faults() - before, 20) << backend;
  }
}

TEST_F(TorchBackends, FactsNameThreadingAndLibrariesBeneath) {
  const Backend& backend = *find_backend("torch");
  EXPECT_THAT(backend.version(), ::testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+.*"));
  std::set<std::string> names;
  for (const auto& [name, value] : backend.facts()) {
    names.insert(name);
    EXPECT_THAT(value, ::testing::Not(IsEmpty())) << name;
  }
  EXPECT_EQ(names, (std::set<std::string>{"blas", "effective_isa", "onednn", "threading"}));
}

}  // namespace
}  // namespace cnnbench
