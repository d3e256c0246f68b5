#pragma once

#include <array>
#include <optional>
#include <vector>

#include "kernels/onednn/builder.h"

// Which layers of a network go to kernels/winograd, and with which tiles.
namespace cnnbench::onednn {

/// Who computes each of the layers.
std::vector<LayerChoice> layer_choices(const Model& model, const PrepareOptions& options,
                                       const Variant& variant);

/// Seconds of a layer's operations by their direction.
using DirectionSeconds = std::array<double, 4>;

/// Of those who can compute a layer, timed one by one.
struct LayerSeconds {
  std::array<DirectionSeconds, 2> winograd{};      ///< with tiles of the sizes 1 and 2
  std::optional<DirectionSeconds> direct{};        ///< the library
  std::optional<DirectionSeconds> own_winograd{};  ///< the library, where it takes its own Winograd
};

/// The fastest in all directions together. Of the tiles those that were expected, unless the others were
/// clearly faster: where they are about the same, all ranks are to choose alike.
LayerChoice fastest(const LayerSeconds& seconds, const TileSizes& expected);

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
