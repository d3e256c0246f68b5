#pragma once

#include <cstdint>

#include "kernels/gemm/tiles.h"
#include "tests/kernels/networks.h"

namespace cnnbench::gemm {

/// Of a convolution that is the only layer of its network.
inline ConvolutionShape shape_of(const Shape& input, const Convolution& convolution, std::int64_t batch = 1) {
  const Model model = build_model("", "", input, {{"conv", convolution}}, Loss::l2);
  return {model.layers[0], convolution, batch};
}

}  // namespace cnnbench::gemm
