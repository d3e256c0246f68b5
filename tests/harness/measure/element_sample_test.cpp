#include "harness/measure/element_sample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace cnnbench {
namespace {

using ::testing::Contains;
using ::testing::IsSupersetOf;

constexpr Extents vgg_like{2, 64, 56, 56};

std::int64_t index_of(std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
  return ((n * vgg_like[1] + c) * vgg_like[2] + h) * vgg_like[3] + w;
}

TEST(ElementSample, IsAboutAsLargeAsAskedForWithoutRepeats) {
  const std::vector<std::int64_t> sample = sample_elements(vgg_like, 10000, 1);

  EXPECT_NEAR(static_cast<double>(sample.size()), 10000, 500);
  EXPECT_TRUE(std::is_sorted(sample.begin(), sample.end()));
  EXPECT_EQ(std::adjacent_find(sample.begin(), sample.end()), sample.end());
  EXPECT_GE(sample.front(), 0);
  EXPECT_LT(sample.back(), 2 * 64 * 56 * 56);
}

TEST(ElementSample, HoldsEveryCornerHoweverSmall) {
  std::vector<std::int64_t> corners;
  for (const std::int64_t n : {0, 1})
    for (const std::int64_t c : {0, 63})
      for (const std::int64_t h : {0, 55})
        for (const std::int64_t w : {0, 55}) corners.push_back(index_of(n, c, h, w));

  EXPECT_THAT(sample_elements(vgg_like, 2, 1), IsSupersetOf(corners));
}

TEST(ElementSample, HasAnEighthOfItsHalfOnEachBorder) {
  const std::vector<std::int64_t> sample = sample_elements(vgg_like, 16000, 1);
  const auto count = [&](auto on_border) {
    return std::count_if(sample.begin(), sample.end(), [&](std::int64_t element) {
      return on_border(element / (64 * 56 * 56), element / (56 * 56) % 64, element / 56 % 56, element % 56);
    });
  };

  EXPECT_GE(count([](auto, auto c, auto, auto) { return c == 63; }), 900);
  EXPECT_GE(count([](auto, auto c, auto, auto) { return c == 0; }), 900);
  EXPECT_GE(count([](auto, auto, auto h, auto) { return h == 0; }), 900);
  EXPECT_GE(count([](auto, auto, auto h, auto) { return h == 55; }), 900);
  EXPECT_GE(count([](auto, auto, auto, auto w) { return w == 0; }), 900);
  EXPECT_GE(count([](auto, auto, auto, auto w) { return w == 55; }), 900);
}

TEST(ElementSample, HasOneElementInEveryPartOfTheTensor) {
  const std::vector<std::int64_t> sample = sample_elements(vgg_like, 2048, 1);
  std::set<std::int64_t> parts;
  for (const std::int64_t element : sample) parts.insert(element / (2 * 64 * 56 * 56 / 1024));

  EXPECT_EQ(parts.size(), 1024U);
}

TEST(ElementSample, ComesFromTheSeed) {
  EXPECT_EQ(sample_elements(vgg_like, 100, 1), sample_elements(vgg_like, 100, 1));
  EXPECT_NE(sample_elements(vgg_like, 100, 1), sample_elements(vgg_like, 100, 2));
}

TEST(ElementSample, IsTheWholeTensorWhereThatIsSmaller) {
  EXPECT_EQ(sample_elements({1, 3, 2, 1}, 6, 1), (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(sample_elements({0, 1, 1, 1}, 6, 1), (std::vector<std::int64_t>{}));
}

TEST(ElementSample, OfOneDimensionHasBothEnds) {
  const std::vector<std::int64_t> sample = sample_elements({1000, 1, 1, 1}, 10, 1);

  EXPECT_THAT(sample, Contains(0));
  EXPECT_THAT(sample, Contains(999));
}

TEST(ElementSample, HasTheExtentsOfThePlainTensor) {
  ModelLayer layer;
  layer.input = {8, 7, 6};
  layer.output = {12, 5, 4};
  layer.biases = 12;
  layer.weights = 12 * 4 * 9;
  layer.kind = Convolution{.filters = 12, .kernel = {3, 3}, .padding = {}, .groups = 2};

  EXPECT_EQ(extents(layer, Tensor::output, 5), (Extents{5, 12, 5, 4}));
  EXPECT_EQ(extents(layer, Tensor::input_gradient, 5), (Extents{5, 8, 7, 6}));
  EXPECT_EQ(extents(layer, Tensor::weights_gradient, 5), (Extents{12, 4, 3, 3}));
  EXPECT_EQ(extents(layer, Tensor::bias_gradient, 5), (Extents{12, 1, 1, 1}));
  layer.kind = Dense{.units = 3};
  EXPECT_EQ(extents(layer, Tensor::weights_gradient, 5), (Extents{3, 8, 7, 6}));
}

}  // namespace
}  // namespace cnnbench
