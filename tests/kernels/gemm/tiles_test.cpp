// The memory for im2col is bounded, and the tiles cover every output pixel once.
#include <gtest/gtest.h>

#include <vector>

#include "kernels/gemm/tiles.h"
#include "tests/kernels/gemm/shapes.h"
#include "tests/kernels/networks.h"

namespace cnnbench::gemm {
namespace {

struct Layer {
  Shape input;
  Convolution convolution;
};

std::vector<Layer> layers() {
  const auto same = [](std::int64_t filters, std::int64_t size) {
    return conv(filters, {size, size}, PaddingRule::same);
  };
  return {{{64, 224, 224}, same(64, 3)},
          {{256, 56, 56}, same(256, 3)},
          {{512, 14, 14}, same(512, 3)},
          {{1, 28, 28}, conv(20, {5, 5})},
          {{3, 231, 231}, conv(96, {11, 11}, {4, 4}, {})},
          {{1024, 6, 6}, conv(3072, {6, 6})},
          {{64, 2000, 2000}, same(64, 7)}};
}

TEST(Tiling, KeepsItsScratchBelowTheLimitWhateverTheLayerAndTheBatch) {
  for (const Layer& layer : layers())
    for (const std::int64_t batch : {1, 2, 7, 500}) {
      const Tiling tiling(shape_of(layer.input, layer.convolution, batch));

      EXPECT_GT(tiling.column_elements(), 0);
      EXPECT_LE(tiling.column_elements() + tiling.output_elements(), Tiling::scratch_limit)
          << to_string(layer.input) << ", batch " << batch;
    }
}

TEST(Tiling, CoversEveryPixelOfEveryImageOnce) {
  for (const Layer& layer : layers())
    for (const std::int64_t batch : {1, 2, 7}) {
      const ConvolutionShape shape = shape_of(layer.input, layer.convolution, batch);
      const Tiling tiling(shape);
      std::vector<int> visits(static_cast<std::size_t>(batch * shape.output_plane()));

      tiling.for_each([&](const Tile& tile) {
        EXPECT_LE(shape.taps() * tile.columns(), tiling.column_elements());
        for (std::int64_t image = tile.first_image; image < tile.first_image + tile.images; ++image)
          for (std::int64_t pixel = tile.first_pixel; pixel < tile.first_pixel + tile.pixels; ++pixel)
            ++visits[static_cast<std::size_t>(image * shape.output_plane() + pixel)];
      });

      EXPECT_EQ(visits, std::vector<int>(visits.size(), 1)) << to_string(layer.input) << ", batch " << batch;
    }
}

TEST(Tiling, TakesSeveralSmallImagesTogether) {
  const ConvolutionShape lenet = shape_of({1, 28, 28}, conv(20, {5, 5}), 500);

  const ConvolutionShape pixel = shape_of({4096, 1, 1}, conv(1000, {1, 1}), 5);

  EXPECT_TRUE(Tiling(lenet).several_images());
  EXPECT_TRUE(Tiling(pixel).several_images());
}

TEST(Tiling, NeedsNoColumnsWhereTheyAreTheInput) {
  const Tiling pointwise(shape_of({256, 28, 28}, conv(64, {1, 1}), 4));
  const Tiling strided(shape_of({256, 112, 112}, conv(64, {1, 1}, {2, 2}, {}), 4));
  const Tiling padded(shape_of({256, 112, 112}, conv(64, {1, 1}, {1, 1}, {1, 1}), 4));

  EXPECT_TRUE(pointwise.direct());
  EXPECT_EQ(pointwise.column_elements() + pointwise.output_elements(), 0);
  EXPECT_FALSE(strided.direct());
  EXPECT_FALSE(padded.direct());
}

}  // namespace
}  // namespace cnnbench::gemm
