#include "kernels/common/loss.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/kernels/networks.h"

namespace cnnbench::common {
namespace {

LossFunction loss_of(Loss loss, std::int64_t classes, std::int64_t batch) {
  const Model model = Network{"", {classes, 1, 1}, {Dense{classes}}, batch, loss}.model();
  return {model, {Pass::forward_backward, batch, 1, 5}};
}

/// The labels that loss_of() draws.
std::vector<std::int32_t> labels(std::int64_t classes, std::int64_t batch) {
  const Model model = Network{"", {classes, 1, 1}, {Dense{classes}}, batch, Loss::cross_entropy}.model();
  return initial_labels(model, batch, 5);
}

std::vector<float> gradient(const LossFunction& loss, const std::vector<float>& logits) {
  std::vector<float> result(logits.size());
  loss.gradient(logits.data(), static_cast<std::int64_t>(logits.size()), result.data());
  return result;
}

double value(const LossFunction& loss, const std::vector<float>& logits) {
  return loss.value(logits.data(), static_cast<std::int64_t>(logits.size()));
}

TEST(LossFunction, OfL2IsHalfTheSumOfSquares) {
  const LossFunction loss = loss_of(Loss::l2, 2, 2);
  const std::vector<float> logits{3, 4, 0, -2};
  EXPECT_TRUE(loss.any_order());
  EXPECT_DOUBLE_EQ(value(loss, logits), 14.5);
  EXPECT_EQ(gradient(loss, logits), logits);
}

TEST(LossFunction, OfEqualLogitsIsTheLogarithmOfTheClasses) {
  const LossFunction loss = loss_of(Loss::cross_entropy, 5, 3);
  const std::vector<float> logits(15, 2.5F);
  EXPECT_FALSE(loss.any_order());
  EXPECT_NEAR(value(loss, logits), std::log(5.0), 1e-12);
  const std::vector<float> found = gradient(loss, logits);
  const std::vector<std::int32_t> all = labels(5, 3);
  for (std::size_t n = 0; n < 3; ++n)
    for (std::size_t c = 0; c < 5; ++c)
      EXPECT_FLOAT_EQ(found[5 * n + c], static_cast<int>(c) == all[n] ? -0.8F / 3 : 0.2F / 3);
}

TEST(LossFunction, OfACertainAnswerIsItsDistanceFromTheLabel) {
  const LossFunction loss = loss_of(Loss::cross_entropy, 2, 1);
  const auto label = static_cast<std::size_t>(labels(2, 1)[0]);
  std::vector<float> wrong(2, 0.0F);
  wrong[1 - label] = 1000;  // exp(1000) is infinite
  EXPECT_DOUBLE_EQ(value(loss, wrong), 1000.0);
  EXPECT_FLOAT_EQ(gradient(loss, wrong)[label], -1);
  EXPECT_FLOAT_EQ(gradient(loss, wrong)[1 - label], 1);
}

TEST(LossFunction, HasTheDerivativeAsItsGradient) {
  const LossFunction loss = loss_of(Loss::cross_entropy, 4, 3);
  std::vector<float> logits;
  for (int i = 0; i < 12; ++i) logits.push_back(static_cast<float>(std::sin(2.0 * i)));
  const std::vector<float> found = gradient(loss, logits);
  for (std::size_t i = 0; i < logits.size(); ++i) {
    std::vector<float> above = logits, below = logits;
    above[i] += 0.0625F;
    below[i] -= 0.0625F;
    // The error is at most h²/6 times the third derivative, which softmax keeps below 1/6 of the batch's
    // mean.
    EXPECT_NEAR(static_cast<double>(found[i]), (value(loss, above) - value(loss, below)) / 0.125, 1e-4) << i;
  }
}

}  // namespace
}  // namespace cnnbench::common
