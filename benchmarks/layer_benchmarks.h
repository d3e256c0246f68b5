#pragma once

#include <vector>

#include "benchmarks/layer_cases.h"
#include "benchmarks/prepared_layers.h"

namespace cnnbench {

/// Registers with Google Benchmark, for every layer and backend, "NETWORK/LAYER/BACKEND/DIRECTION": `forward`
/// in inference, `forward_in_training`, `backward_data` and `backward_weights` in the pass forward-backward.
/// Beside a convolution's `forward` on a backend "gemm:…" also `sgemm`, the matrix product of its sizes, and
/// `forward_over_sgemm`, both in turns. An iteration runs what the network runs for
/// the layer, and counts the time of its operations in that direction. `peak` is in FLOP/s. All must outlive
/// the benchmarks.
void register_layers(const std::vector<LayerCase>& layers, const std::vector<const Backend*>& backends,
                     PreparedLayers& prepared, double peak);

}  // namespace cnnbench
