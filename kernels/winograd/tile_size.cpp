#include "kernels/winograd/tile_size.h"

namespace cnnbench::winograd {
namespace {

/// Multiplications of vectors in the time that one transformed weight takes. Measured on 2 cores with AVX-512
/// and 29 GB/s, VGG16's layers with 28×28 and 14×14 outputs, batches of 1 and 8; with AVX2 alike. CPUs differ
/// in how much of what they read they hide: a Zen 4 takes half of it for packed weights.
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
  const double of_weight = cost_of_weight(use) * static_cast<double>(block);
  const auto cost = [&](int size) {
    shape.tile_size = size;
    return static_cast<double>(shape.products()) + static_cast<double>(shape.elements()) * of_weight;
  };
  return cost(2) < cost(1) ? 2 : 1;
}

}  // namespace cnnbench::winograd
