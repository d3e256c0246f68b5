// Layers that are too large to be verified whole.
#include <algorithm>

#include "tests/harness/measure/fault_injection.h"

namespace cnnbench {
namespace {

using SampledVerification = FaultInjection;

TEST_F(SampledVerification, FindsAWholeChannelInASample) {
  settings.budget = 1;
  for (std::int64_t channel = 0; channel < 16; ++channel) {
    start(Pass::forward);
    change(conv, Tensor::output, [channel](std::span<float> values) {
      for (std::int64_t i = channel * plane; i < (channel + 1) * plane; ++i) values[i] += 0.01F;
    });

    EXPECT_EQ(first_failed(), "conv output") << channel;
  }
}

TEST_F(SampledVerification, SaysHowManyElementsItHas) {
  settings.budget = 1;
  start();

  const std::vector<Check> all = checks();
  for (const Check& check : all) EXPECT_TRUE(check.passed) << check.layer << " " << tensor_name(check.tensor);
  for (const auto& [layer, tensor] : {std::pair{"conv", Tensor::output},
                                      {"conv", Tensor::weights_gradient},
                                      {"pool", Tensor::input_gradient},
                                      {"dense", Tensor::input_gradient}}) {
    const Check check = check_of(all, layer, tensor);
    EXPECT_LT(check.checked, check.elements) << layer << " " << tensor_name(tensor);
    EXPECT_GE(check.checked, 32) << layer << " " << tensor_name(tensor);
  }
}

// One number a channel is cheap enough: a single wrong one must not slip through.
TEST_F(SampledVerification, FindsEverySingleChannelOfABiasGradient) {
  settings.budget = 1;
  for (std::size_t channel = 0; channel < 16; ++channel) {
    start();
    change(conv, Tensor::bias_gradient, [channel](std::span<float> values) { values[channel] += 0.01F; });

    EXPECT_EQ(first_failed(), "conv bias_gradient") << channel;
  }
}

// Where kernels go wrong: the last channel of a ragged block, the last row at the padding.
TEST_F(SampledVerification, FindsOneWrongCorner) {
  settings.budget = 1;
  start(Pass::forward);
  change(conv, Tensor::output, [](std::span<float> values) { values.back() += 0.01F; });

  EXPECT_EQ(first_failed(), "conv output");
}

TEST_F(SampledVerification, TakesNoMoreElementsThanItsLimit) {
  settings.budget = 27 * 100;  // 27 multiply-adds an output of the convolution
  start(Pass::forward);
  const std::int64_t affordable = check_of(checks(), "conv", Tensor::output).checked;
  EXPECT_NEAR(static_cast<double>(affordable), 100, 24);  // the 16 corners, and one more on each border

  settings.most_elements = 80;
  start(Pass::forward);
  const std::int64_t limited = check_of(checks(), "conv", Tensor::output).checked;
  EXPECT_LT(limited, affordable);
  EXPECT_NEAR(static_cast<double>(limited), 80, 24);
}

}  // namespace
}  // namespace cnnbench
