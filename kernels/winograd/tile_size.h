#pragma once

#include <cstdint>

#include "kernels/winograd/shape.h"

namespace cnnbench::winograd {

/// What a convolution does with its weights.
enum class WeightUse {
  packed,       ///< reads those that were transformed before
  transformed,  ///< transforms and reads them
  gradient      ///< computes their gradient
};

/// The size of the tiles (see Shape) that a convolution is the fastest with. Larger tiles take fewer
/// multiplications, but as many more transformed weights as they have elements, and those go through memory:
/// where few outputs share them, smaller tiles are faster. With channels in blocks of `block`, the vectors of
/// the multiplication.
int best_tile_size(Shape shape, WeightUse use, std::int64_t block);

}  // namespace cnnbench::winograd
