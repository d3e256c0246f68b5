#include "kernels/winograd/tile_size.h"

namespace cnnbench::winograd {
namespace {

/// Multiplications of vectors in the time that one transformed weight takes. Measured on 2 cores with AVX-512
/// and 29 GB/s, VGG16's layers with 28×28 and 14×14 outputs, batches of 1 and 8; with AVX2 alike.
double cost_of_weight(WeightUse use) {
  switch (use) {
    case WeightUse::packed:
      return 1.25;
    case WeightUse::transformed:
      return 2.75;
    case WeightUse::gradient:
      return 5;
  }
  return 0;
}

}  // namespace

int best_tile_size(Shape shape, WeightUse use, std::int64_t block) {
  int best = 0;
  double least = 0;
  for (int size = 1; size < sizes; ++size) {
    shape.tile_size = size;
    const double cost = static_cast<double>(shape.products()) + static_cast<double>(shape.elements()) *
                                                                    cost_of_weight(use) *
                                                                    static_cast<double>(block);
    if (best != 0 && cost >= least) continue;
    best = size;
    least = cost;
  }
  return best;
}

}  // namespace cnnbench::winograd
