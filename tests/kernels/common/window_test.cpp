#include "kernels/common/window.h"

#include <gtest/gtest.h>

#include "tests/kernels/networks.h"

namespace cnnbench::common {
namespace {

/// Calls visit(axis) for axes with padding and crops, borders that are dropped and borders that are kept.
template <typename Visit>
void for_axes(Visit visit) {
  for (std::int64_t input = 1; input <= 7; ++input)
    for (std::int64_t kernel = 1; kernel <= 4; ++kernel)
      for (std::int64_t stride = 1; stride <= 3; ++stride)
        for (std::int64_t before = -2; before <= 3; ++before)
          for (std::int64_t output = 1; output <= 6; ++output)
            visit(Axis{input, output, kernel, stride, before});
}

std::string in_words(const Axis& axis) {
  return "input " + std::to_string(axis.input) + ", output " + std::to_string(axis.output) + ", kernel " +
         std::to_string(axis.kernel) + ", stride " + std::to_string(axis.stride) + ", before " +
         std::to_string(axis.before);
}

/// Whether output `out` sees with `tap` an element of the image, by the definition of a window.
bool sees(const Axis& axis, std::int64_t out, std::int64_t tap) {
  const std::int64_t in = out * axis.stride - axis.before + tap;
  return in >= 0 && in < axis.input;
}

TEST(Window, OfAnOutputHoldsTheInputsThatItSees) {
  for_axes([](const Axis& axis) {
    for (std::int64_t out = 0; out < axis.output; ++out) {
      const Range seen = axis.inputs_of(out);
      for (std::int64_t tap = 0; tap < axis.kernel; ++tap) {
        const std::int64_t in = axis.input_of(out, tap);
        EXPECT_EQ(in >= seen.begin && in < seen.end, sees(axis, out, tap)) << in_words(axis) << ", " << in;
      }
    }
  });
}

TEST(Window, OfATapHoldsTheOutputsThatSeeTheImageWithIt) {
  for_axes([](const Axis& axis) {
    for (std::int64_t tap = 0; tap < axis.kernel; ++tap) {
      const Range outputs = axis.outputs_of(tap);
      for (std::int64_t out = 0; out < axis.output; ++out)
        EXPECT_EQ(out >= outputs.begin && out < outputs.end, sees(axis, out, tap))
            << in_words(axis) << ", tap " << tap << ", output " << out;
    }
  });
}

TEST(Window, HasBothSidesOfALayer) {
  const Model model = Network{"", {2, 9, 11}, {conv(3, {3, 2}, {2, 1}, {1, 0})}}.model();
  const auto& layer = std::get<Convolution>(model.layers[0].kind);
  const Window window = window_of(model.layers[0], layer.kernel, layer.stride);
  EXPECT_EQ(window.rows.output, 5);
  EXPECT_EQ(window.columns.output, 10);
  EXPECT_EQ(window.rows.before, 1);
  EXPECT_EQ(window.columns.before, 0);
  EXPECT_EQ(window.rows.stride, 2);
}

TEST(Window, HasNegativePaddingWhereACropIsDeeperThanIt) {
  const auto negative = [](const Convolution& convolution) {
    return has_negative_padding(Network{"", {1, 9, 9}, {convolution}}.model().layers[0]);
  };
  EXPECT_FALSE(negative(conv(1)));
  EXPECT_FALSE(negative(cropped(conv(1, {3, 3}, PaddingRule::same), 1)));
  EXPECT_TRUE(negative(cropped(conv(1), 1)));
}

TEST(Window, AddsNoNegativePadding) {
  EXPECT_EQ(added_padding({{1, -2}, {0, -1}}), (Padding{{1, 0}, {0, 0}}));
  EXPECT_EQ(added_padding({{-1, 2}, {-3, 0}}), (Padding{{0, 2}, {0, 0}}));
}

}  // namespace
}  // namespace cnnbench::common
