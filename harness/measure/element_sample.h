#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "harness/backend/backend.h"

namespace cnnbench {

/// Extents of a plain tensor, outermost first; 1 where it has fewer dimensions: NCHW, OIHW, [out, in] with
/// the input as C, H, W, [channels].
using Extents = std::array<std::int64_t, 4>;

Extents extents(const ModelLayer& layer, Tensor tensor, std::int64_t batch);

/// About `count` elements (indices, ascending, none twice) of a tensor. Half of them, or what small borders
/// leave, one in every one of so many equal parts of the tensor, drawn from the seed; half on its borders,
/// equally many with the first and with the last index of each dimension, since that is where kernels go
/// wrong: rows at the padding, channels in the ragged last block, the last image of a batch. All corners are
/// always among them. All elements where `count` is no less than those.
std::vector<std::int64_t> sample_elements(const Extents& extents, std::int64_t count, std::uint64_t seed);

}  // namespace cnnbench
