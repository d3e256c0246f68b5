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

/// Transformed inputs and products of a block of tiles.
struct ForwardScratch {
  ForwardScratch(const Shape& shape, std::int64_t block, const Blocking& blocking, int threads,
                 float* scratch)
      : arena(scratch) {
    const Columns columns(shape, block);
    const std::int64_t inputs = TileMatrix<float>{nullptr, blocking.tiles, columns.in, block}.size();
    const std::int64_t products = TileMatrix<float>{nullptr, blocking.tiles, columns.out, block}.size();
    for (int i = 0; i < (blocking.shared ? 1 : threads); ++i)
      all.push_back({arena.take(inputs), arena.take(products)});
  }
  struct One {
    float* inputs;
    float* products;
  };
  Arena arena;
  std::vector<One> all;  ///< one, or one a thread
};

/// Transformed inputs and output gradients of a block of tiles, their products' sum, and the bias's gradient.
struct BackwardWeightsScratch {
  BackwardWeightsScratch(const Shape& shape, std::int64_t block, const Blocking& blocking, int threads,
                         float* scratch)
      : arena(scratch) {
    const Columns columns(shape, block);
    const std::int64_t inputs = TileMatrix<float>{nullptr, blocking.tiles, columns.in, block}.size();
    const std::int64_t gradients = TileMatrix<float>{nullptr, blocking.tiles, columns.out, block}.size();
    sum = {nullptr, columns.in * block, columns.out, block};
    const int copies = blocking.shared ? 1 : threads;
    for (int i = 0; i < copies; ++i) all.push_back({arena.take(inputs), arena.take(gradients)});
    sum.data = arena.take(copies * sum.size());
    for (int i = 0; i < threads; ++i) bias.push_back(arena.take(columns.out * block));
  }
  struct One {
    float* inputs;
    float* gradients;
  };
  Arena arena;
  std::vector<One> all;      ///< one, or one a thread
  TileMatrix<float> sum;     ///< the first of as many
  std::vector<float*> bias;  ///< one a thread
};

}  // namespace cnnbench::winograd
