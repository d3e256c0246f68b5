#pragma once

#include <cstdint>

#include "harness/backend/initial_values.h"

namespace cnnbench::common {

/// So many factors of dropout are drawn at a time: they stay in the first-level cache until they are used.
constexpr std::int64_t drawn_at_once = 2048;

/// One step of dropout: dst = src · mask, the mask drawn for it.
struct DropoutStep {
  const Model& model;
  int layer;
  std::uint64_t seed;
  std::uint64_t step;
  const float* src;
  float* dst;  ///< may be src
  float* mask;

  /// `count` factors from element `first`, a multiple of 4, of the plain tensor.
  void draw(float* to, std::int64_t first, std::int64_t count) const {
    dropout_mask(model, layer, seed, step, {to, static_cast<std::size_t>(count)},
                 static_cast<std::uint64_t>(first));
  }
};

/// Where memory has the order of the plain tensor, by OpenMP.
void drop_plain(const DropoutStep& at, std::int64_t count);

/// gradient = gradient · mask, by OpenMP.
void drop_gradient(float* gradient, const float* mask, std::int64_t count);

}  // namespace cnnbench::common
