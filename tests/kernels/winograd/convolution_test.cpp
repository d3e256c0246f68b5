// The convolutions of kernels/winograd against direct sums in double: on every instruction set of this CPU,
// in blocks of 8 and 16 channels, in tiles of F(4×4, 3×3) and F(6×6, 3×3), with 1, 2 and 3 threads.
#include "kernels/winograd/convolution.h"

#include <gtest/gtest.h>

#include "kernels/winograd/blocking.h"
#include "kernels/winograd/error_growth.h"
#include "tests/kernels/winograd/direct.h"
#include "tests/kernels/winograd/runs.h"
#include "tests/kernels/winograd/shapes.h"

namespace cnnbench::winograd {
namespace {

/// Operands of a shape; `output` is the output of forward with ReLU, half of it zero.
struct Operands {
  explicit Operands(const Shape& s)
      : src(random_plain(s.batch, s.in_channels, s.in_height, s.in_width, 1)),
        weights(random_plain(s.out_channels, s.in_channels, 3, 3, 2)),
        bias(random_plain(s.out_channels, 1, 1, 1, 3)),
        diff_dst(random_plain(s.batch, s.out_channels, s.out_height, s.out_width, 4)),
        output(random_plain(s.batch, s.out_channels, s.out_height, s.out_width, 5)),
        masked(diff_dst) {
    for (std::size_t i = 0; i < output.values.size(); ++i) {
      output.values[i] = std::max(0.0F, output.values[i]);
      if (output.values[i] == 0) masked.values[i] = 0;
    }
  }
  Plain src, weights, bias, diff_dst, output;
  Plain masked;  ///< diff_dst where the output is not zero
};

/// Counts of threads matter to how blocks are dealt out, not to what is done to a tile: all variants of a
/// function run with the first one, the fullest with every one.
std::vector<Way> ways_of_variant(const std::vector<int>& threads, bool fullest) {
  return ways(fullest ? threads : std::vector<int>{threads[0]});
}

void expect_forward(const Shape& shape, const std::vector<int>& threads) {
  const Operands operands(shape);
  const Sums sums = direct_forward(shape, operands.src, operands.weights);
  for (const float* bias : {static_cast<const float*>(nullptr), operands.bias.values.data()})
    for (const bool relu : {false, true}) {
      const Sums expected = with_epilogue(sums, shape, bias, relu);
      for (const Way& way : ways_of_variant(threads, bias != nullptr && relu)) {
        const Result found = run_forward(shape, way, operands.src, operands.weights, {bias, relu});

        EXPECT_LE(worst_error(found.values, expected, forward_error_growth(way.in_tiles(shape))), 1)
            << way.name();
        EXPECT_TRUE(found.clean) << way.name();
      }
    }
}

/// Calls function(index of the maximum, its place, index among the maxima) for all 2×2 values; a row or
/// column that is left over is dropped.
template <typename Function>
void for_each_maximum(const Shape& shape, const std::vector<float>& values, const Function& function) {
  std::size_t count = 0;
  const std::int64_t planes = shape.batch * shape.out_channels;
  for (std::int64_t plane = 0; plane < planes; ++plane)
    for (std::int64_t y = 0; y + 1 < shape.out_height; y += 2)
      for (std::int64_t x = 0; x + 1 < shape.out_width; x += 2) {
        const auto at = [&](int place) {
          return static_cast<std::size_t>((plane * shape.out_height + y + place / 2) * shape.out_width + x +
                                          place % 2);
        };
        int best = 0;
        for (int place = 1; place < 4; ++place)
          if (values[at(place)] > values[at(best)]) best = place;
        function(at(best), best, count++);
      }
}

/// Pooling changes no value: its results are some of those without it, to the bit.
void expect_pooled(const Shape& shape, const std::vector<int>& threads) {
  const Operands operands(shape);
  const float* const bias = operands.bias.values.data();
  for (const bool relu : {false, true})
    for (const Way& way : ways_of_variant(threads, relu)) {
      const Result all = run_forward(shape, way, operands.src, operands.weights, {bias, relu, false});
      const Result found = run_forward(shape, way, operands.src, operands.weights, {bias, relu, true});
      std::vector<float> maxima;
      for_each_maximum(shape, all.values,
                       [&](std::size_t at, int, std::size_t) { maxima.push_back(all.values[at]); });

      EXPECT_EQ(found.values, maxima) << way.name();
      EXPECT_TRUE(found.clean) << way.name();
    }
}

/// In training pooling tells where its maxima were, and gradients go back to there: to the bit as if the
/// gradient before pooling had been given.
void expect_pooled_in_training(const Shape& shape, const std::vector<int>& threads) {
  const Operands operands(shape);
  const float* const bias = operands.bias.values.data();
  const Plain like = output_like(shape, true);
  const Plain gradient = random_plain(like.n, like.channels, like.height, like.width, 6);
  for (const bool relu : {false, true})
    for (const Way& way : ways_of_variant(threads, relu)) {
      const Result all = run_forward(shape, way, operands.src, operands.weights, {bias, relu, false});
      const Result pooled = run_forward(shape, way, operands.src, operands.weights, {bias, relu, true});
      PlacesMemory places(blocked_size(like, way.block));
      const Result found =
          run_forward(shape, way, operands.src, operands.weights, {bias, relu, true, places.data()});
      EXPECT_EQ(found.values, pooled.values) << way.name();
      EXPECT_TRUE(found.clean && places.intact()) << way.name();

      std::vector<int> expected_places;
      Plain unpooled = output_like(shape, false);
      for_each_maximum(shape, all.values, [&](std::size_t at, int place, std::size_t i) {
        const bool dead = relu && all.values[at] == 0;
        expected_places.push_back(dead ? int{dead_place} : place);
        if (!dead) unpooled.values[at] = gradient.values[i];
      });
      std::vector<int> found_places(expected_places.size());
      for_each_place(like, way.block,
                     [&](std::size_t to, std::size_t from) { found_places[to] = places.data()[from]; });
      EXPECT_EQ(found_places, expected_places) << way.name();

      const Result data = run_backward_data(shape, way, gradient, operands.weights, places.data());
      EXPECT_EQ(data.values, run_backward_data(shape, way, unpooled, operands.weights).values) << way.name();
      const Result weights =
          run_backward_weights(shape, way, operands.src, nullptr, gradient, true, places.data());
      const Result same = run_backward_weights(shape, way, operands.src, nullptr, unpooled, true);
      EXPECT_EQ(weights.values, same.values) << way.name();
      EXPECT_LE(worst_error(weights.bias, direct_bias(unpooled), 1), 1) << way.name();
      EXPECT_TRUE(data.clean && weights.clean) << way.name();
    }
}

void expect_backward_data(const Shape& shape, const std::vector<int>& threads) {
  const Operands operands(shape);
  const Sums expected = direct_backward_data(shape, operands.diff_dst, operands.weights);
  for (const Way& way : ways(threads)) {
    const Result found = run_backward_data(shape, way, operands.diff_dst, operands.weights);

    EXPECT_LE(worst_error(found.values, expected, forward_error_growth(way.in_tiles(shape).backward_data())),
              1)
        << way.name();
    EXPECT_TRUE(found.clean) << way.name();
  }
}

/// Where the source was the output of ReLU, its gradient is zero where that is, else to the bit the same.
void expect_backward_data_through_relu(const Shape& shape, const std::vector<int>& threads) {
  const Operands operands(shape);
  Plain source = operands.src;
  for (float& value : source.values) value = std::max(0.0F, value);
  for (const Way& way : ways(threads)) {
    std::vector<float> expected = run_backward_data(shape, way, operands.diff_dst, operands.weights).values;
    for (std::size_t i = 0; i < expected.size(); ++i)
      if (source.values[i] == 0) expected[i] = 0;
    const Result found = run_backward_data(shape, way, operands.diff_dst, operands.weights, nullptr, &source);

    EXPECT_EQ(found.values, expected) << way.name();
    EXPECT_TRUE(found.clean) << way.name();
  }
}

void expect_backward_weights(const Shape& shape, const std::vector<int>& threads) {
  const Operands operands(shape);
  for (const bool relu : {false, true}) {
    const Plain& gradient = relu ? operands.masked : operands.diff_dst;
    const Sums weights = direct_backward_weights(shape, operands.src, gradient);
    const Sums bias = direct_bias(gradient);
    for (const bool with_bias : {false, true})
      for (const Way& way : ways_of_variant(threads, relu && with_bias)) {
        const Result found = run_backward_weights(shape, way, operands.src, relu ? &operands.output : nullptr,
                                                  operands.diff_dst, with_bias);

        EXPECT_LE(worst_error(found.values, weights, weights_error_growth(way.in_tiles(shape))), 1)
            << way.name();
        if (with_bias) {
          EXPECT_LE(worst_error(found.bias, bias, 1), 1) << way.name();
        }
        EXPECT_EQ(found.diff_dst, gradient.values) << way.name();
        EXPECT_TRUE(found.clean) << way.name();
      }
  }
}

class WinogradShapes : public ::testing::TestWithParam<NamedShape> {};

TEST_P(WinogradShapes, ForwardIsTheDirectSumWithAndWithoutBiasAndRelu) {
  expect_forward(GetParam().shape, {1, 2, 3});
}

TEST_P(WinogradShapes, ForwardWithPoolingIsTheMaximaOfThatWithout) {
  expect_pooled(GetParam().shape, {1, 2, 3});
}

TEST_P(WinogradShapes, GradientsGoBackThroughPooling) {
  expect_pooled_in_training(GetParam().shape, {1, 2, 3});
}

TEST_P(WinogradShapes, BackwardDataIsTheDirectSum) {
  expect_backward_data(GetParam().shape, {1, 2, 3});
}

TEST_P(WinogradShapes, BackwardDataGoesThroughReluOfTheSource) {
  expect_backward_data_through_relu(GetParam().shape, {1, 3});
}

TEST_P(WinogradShapes, BackwardWeightsIsTheDirectSumWithAndWithoutBiasAndRelu) {
  expect_backward_weights(GetParam().shape, {1, 2, 3});
}

INSTANTIATE_TEST_SUITE_P(All, WinogradShapes, ::testing::ValuesIn(shapes()),
                         [](const auto& given) { return given.param.name; });

TEST(WinogradConvolution, IsRightWhereThreadsShareSeveralBlocks) {
  for (const int tile_size : {1, 2}) {
    const Shape shape = several_shared_blocks(tile_size);
    for (const Blocking& blocking : {forward_blocking(shape, 6), backward_weights_blocking(shape, 6)}) {
      ASSERT_TRUE(blocking.shared);
      ASSERT_LT(blocking.tiles, shape.tiles());
    }

    expect_forward(shape, {6});
    expect_pooled(shape, {6});
    expect_pooled_in_training(shape, {6});
    expect_backward_data(shape, {6});
    expect_backward_weights(shape, {6});
  }
}

TEST(WinogradConvolution, IsCoveredWithThreadsThatShareBlocksAndThreadsThatDoNot) {
  for (const int tile_size : {1, 2}) {
    int forward = 0;
    int weights = 0;
    for (NamedShape named : shapes()) {
      named.shape.tile_size = tile_size;
      forward += forward_blocking(named.shape, 3).shared ? 0 : 1;
      weights += backward_weights_blocking(named.shape, 3).shared ? 0 : 1;
    }
    const int all = static_cast<int>(shapes().size());
    for (const int apart : {forward, weights}) {
      EXPECT_GE(apart, 2) << tile_size;
      EXPECT_GE(all - apart, 10) << tile_size;
    }
  }
}

// 16 MiB and more are written around the caches, here with ragged tiles below and to the right.
TEST(WinogradConvolution, IsRightWhereItsOutputIsWrittenAroundTheCaches) {
  const Shape shape{1, 1, 8, 513, 1025, 513, 1025, 1, 1};
  ASSERT_GE(4 * shape.out_channels * shape.out_height * shape.out_width, 16 << 20);
  const Operands operands(shape);
  const Sums expected = with_epilogue(direct_forward(shape, operands.src, operands.weights), shape,
                                      operands.bias.values.data(), true);
  for (const Way& way : ways({2})) {
    const Result found =
        run_forward(shape, way, operands.src, operands.weights, {operands.bias.values.data(), true});

    EXPECT_LE(worst_error(found.values, expected, forward_error_growth(way.in_tiles(shape))), 1)
        << way.name();
    EXPECT_TRUE(found.clean) << way.name();
  }
}

TEST(WinogradConvolution, IsRightWhereItsMaximaAreWrittenAroundTheCaches) {
  const Shape shape{1, 1, 8, 725, 731, 725, 731, 1, 1};
  ASSERT_GE(shape.out_channels * shape.out_height * shape.out_width, 4 << 20);
  expect_pooled(shape, {2});
#if !defined(__SANITIZE_ADDRESS__)  // where it takes minutes
  expect_pooled_in_training(shape, {2});
#endif
}

// The project's promise for VGG16's layers.
TEST(WinogradConvolution, OfALayerLikeThoseOfVgg16IsAsExactAsPromised) {
  const Shape shape{1, 64, 64, 56, 56, 56, 56, 1, 1};
  const Operands operands(shape);
  const Sums forward = direct_forward(shape, operands.src, operands.weights);
  const Sums data = direct_backward_data(shape, operands.diff_dst, operands.weights);
  const Sums weights = direct_backward_weights(shape, operands.src, operands.diff_dst);
  for (const Way& way : ways({2})) {
    const auto error = [&](const Result& found, const Sums& expected) {
      return relative_l2(found.values, expected);
    };
    EXPECT_LE(error(run_forward(shape, way, operands.src, operands.weights, {}), forward), 5e-6);
    EXPECT_LE(error(run_backward_data(shape, way, operands.diff_dst, operands.weights), data), 5e-6);
    EXPECT_LE(
        error(run_backward_weights(shape, way, operands.src, nullptr, operands.diff_dst, false), weights),
        3e-5);
  }
}

}  // namespace
}  // namespace cnnbench::winograd
