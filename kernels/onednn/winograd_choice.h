#pragma once

#include <vector>

#include "kernels/onednn/builder.h"

// Which layers of a network go to kernels/winograd, and with which tiles.
namespace cnnbench::onednn {

/// Who computes each of the layers; by_timing: what the tuner of the options finds, or what its arithmetic
/// promises where there is none.
std::vector<LayerChoice> layer_choices(const Model& model, const PrepareOptions& options,
                                       const Variant& variant);

/// For every layer whether it is pooling that the convolution before it, on kernels/winograd, computes along
/// with its outputs, which are then not written. Of what training needs of them, the places of the maxima
/// are.
std::vector<bool> layers_pooled_by_winograd(const Model& model, const std::vector<LayerChoice>& choices);

/// Bytes of transformed weights and of scratch memory in a program; where timing is to choose layers and
/// tiles, the most that its choice can take.
double winograd_bytes(const Model& model, const PrepareOptions& options, const Variant& variant);

/// Whether the nearest layer with weights, `step` 1 behind or -1 before this one, is on kernels/winograd.
bool next_to_winograd(const Model& model, const std::vector<LayerChoice>& choices, int layer, int step);

}  // namespace cnnbench::onednn
