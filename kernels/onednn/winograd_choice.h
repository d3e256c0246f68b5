#pragma once

#include <vector>

#include "kernels/onednn/builder.h"

// Which layers of a network go to kernels/winograd.
namespace cnnbench::onednn {

/// For every layer whether kernels/winograd computes it.
std::vector<bool> winograd_layers(const Model& model, const PrepareOptions& options, WinogradUse use);

/// For every layer whether it is pooling that the convolution before it, on kernels/winograd, computes along
/// with its outputs, which are then not written. Of what training needs of them, the places of the maxima
/// are.
std::vector<bool> layers_pooled_by_winograd(const Model& model, const std::vector<bool>& on_winograd);

/// Bytes of transformed weights and of scratch memory in a program; where timing is to choose the layers, as
/// if it chose all.
double winograd_bytes(const Model& model, const PrepareOptions& options, WinogradUse use);

/// Whether the nearest layer with weights, `step` 1 behind or -1 before this one, is on kernels/winograd.
bool next_to_winograd(const Model& model, const std::vector<bool>& on_winograd, int layer, int step);

}  // namespace cnnbench::onednn
