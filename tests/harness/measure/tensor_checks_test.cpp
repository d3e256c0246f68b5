#include "harness/measure/tensor_checks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace cnnbench {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// The relative L2 error that is found of tensors as long as each other.
double l2_error(const std::vector<float>& found, const std::vector<float>& expected) {
  const VerificationOptions settings;
  TensorChecks checks(settings, 1);
  checks.expect_close("layer", Tensor::output, found, expected, 1, 1);
  return checks.take().at(0).l2_error;
}

TEST(RelativeL2Error, IsTheNormOfTheErrorsOverThatOfWhatIsExpected) {
  // √(3² + 4²) / √(6² + 8² + 0²) = 5 / 10
  EXPECT_DOUBLE_EQ(l2_error({9, 8, 4}, {6, 8, 0}), 0.5);
  EXPECT_DOUBLE_EQ(l2_error({-6, -8, 0}, {6, 8, 0}), 2);
}

TEST(RelativeL2Error, IsNoughtWhereNothingIsOff) {
  EXPECT_EQ(l2_error({1, 2}, {1, 2}), 0);
  EXPECT_EQ(l2_error({0, 0}, {0, 0}), 0);
  EXPECT_EQ(l2_error({}, {}), 0);
}

TEST(RelativeL2Error, IsInfiniteWhereOnlyZerosWereExpected) {
  EXPECT_EQ(l2_error({0, 1e-20F}, {0, 0}), infinity);
}

TEST(RelativeL2Error, OfWhatIsNotANumberIsNotANumber) {
  EXPECT_TRUE(std::isnan(l2_error({1, std::nanf("")}, {1, 2})));
}

TEST(RelativeL2Error, OfCopiesIsNoughtOrInfinite) {
  const VerificationOptions settings;
  TensorChecks checks(settings, 1);
  const std::vector<float> one{1, 2}, other{1, 3};
  checks.expect_same("layer", Tensor::input, one, one);
  checks.expect_same("layer", Tensor::input, one, other);
  const std::vector<Check> found = checks.take();
  EXPECT_EQ(found[0].l2_error, 0);
  EXPECT_EQ(found[1].l2_error, infinity);
}

}  // namespace
}  // namespace cnnbench
