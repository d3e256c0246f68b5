#pragma once

#include <cstdint>

#include "kernels/winograd/shape.h"

namespace cnnbench::winograd {

/// How the tiles of a convolution are cut into blocks: a block goes through input transform, multiplication
/// and output transform before the next begins, so that its transformed tiles stay in a cache.
struct Blocking {
  std::int64_t tiles = 1;  ///< of a block
  bool shared = false;     ///< all threads work on one block; else each on blocks of its own
};

/// For forward and backward data. Transformed weights that fit into a core's cache are read again by every
/// block: then each thread takes blocks of its own, whose tiles stay in its second-level cache. Larger ones
/// are read by all threads together, each its part, for a block that they share: a small one where the
/// last-level cache holds the weights beside it; else, since they come from memory each time, one as large as
/// the scratch memory allows.
Blocking forward_blocking(const Shape& shape, int threads);

/// For backward weights, where the gradients of the transformed weights take the place of the weights.
Blocking backward_weights_blocking(const Shape& shape, int threads);

}  // namespace cnnbench::winograd
