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

TEST_F(SampledVerification, SpreadsASampleEvenlyAndSaysHowManyElementsItHas) {
  settings.budget = 1;
  start();

  for (const Check& check : checks()) {
    const std::int64_t sampled = std::min<std::int64_t>(check.elements, 64);
    const bool whole = check.layer == "loss" || check.tensor == "mask" || check.tolerance == 0;  // exact
    EXPECT_EQ(check.checked, whole ? check.elements : sampled) << check.layer << " " << check.tensor;
    EXPECT_TRUE(check.passed);
  }
}

TEST_F(SampledVerification, TakesNoMoreElementsThanItsLimit) {
  settings.budget = 27 * 100;  // 27 multiply-adds an output of the convolution
  start(Pass::forward);
  EXPECT_EQ(check_of(checks(), "conv", "output").checked, 100);

  settings.most_elements = 80;
  start(Pass::forward);
  EXPECT_EQ(check_of(checks(), "conv", "output").checked, 80);
}

}  // namespace
}  // namespace cnnbench
