#pragma once

#include <cstdint>
#include <vector>

#include "kernels/winograd/blocking.h"
#include "kernels/winograd/kernels.h"

// How scratch memory is divided. Made on a null pointer, these count what they need.
namespace cnnbench::winograd {

/// Sizes in blocks of channels.
struct Columns {
  Columns(const Shape& shape, std::int64_t block)
      : in(blocks_of(shape.in_channels, block)), out(blocks_of(shape.out_channels, block)) {}
  std::int64_t in;
  std::int64_t out;
};

/// Takes scratch memory piece by piece; as a null pointer it counts.
class Arena {
 public:
  explicit Arena(float* first) : next_(first) {}
  float* take(std::int64_t floats) {
    const std::int64_t rounded = (floats + line - 1) / line * line;
    taken_ += rounded;
    if (next_ == nullptr) return nullptr;
    next_ += rounded;
    return next_ - rounded;
  }
  std::int64_t taken() const { return taken_; }

 private:
  float* next_;
  std::int64_t taken_ = 0;
};

/// A block of tiles on both sides of the convolution, transformed: inputs, and products or gradients of
/// outputs.
struct TransformedTiles {
  float* inputs;
  float* outputs;
};

/// For one block, or for one a thread where the threads do not share them.
inline std::vector<TransformedTiles> take_tiles(Arena& arena, const Shape& shape, std::int64_t block,
                                                const Blocking& blocking, int threads) {
  const Columns columns(shape, block);
  const std::int64_t inputs =
      TileMatrix<float>{nullptr, shape.elements(), blocking.tiles, columns.in, block}.size();
  const std::int64_t outputs =
      TileMatrix<float>{nullptr, shape.elements(), blocking.tiles, columns.out, block}.size();
  std::vector<TransformedTiles> all;
  for (int i = 0; i < (blocking.shared ? 1 : threads); ++i)
    all.push_back({arena.take(inputs), arena.take(outputs)});
  return all;
}

/// Of forward and backward data.
struct ForwardScratch {
  ForwardScratch(const Shape& shape, std::int64_t block, const Blocking& blocking, int threads,
                 float* scratch)
      : arena(scratch), tiles(take_tiles(arena, shape, block, blocking, threads)) {}
  Arena arena;
  std::vector<TransformedTiles> tiles;
};

/// The tiles, the sum of their products, and the bias's gradient.
struct BackwardWeightsScratch {
  BackwardWeightsScratch(const Shape& shape, std::int64_t block, const Blocking& blocking, int threads,
                         float* scratch)
      : arena(scratch), tiles(take_tiles(arena, shape, block, blocking, threads)) {
    const Columns columns(shape, block);
    sum = {nullptr, shape.elements(), columns.in * block, columns.out, block};
    sum.data = arena.take(static_cast<std::int64_t>(tiles.size()) * sum.size());
    for (int i = 0; i < threads; ++i) bias.push_back(arena.take(columns.out * block));
  }
  Arena arena;
  std::vector<TransformedTiles> tiles;
  TileMatrix<float> sum;     ///< the first of as many
  std::vector<float*> bias;  ///< one a thread
};

}  // namespace cnnbench::winograd
