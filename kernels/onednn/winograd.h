#pragma once

#include <memory>
#include <string>

#include "kernels/common/window.h"
#include "kernels/onednn/builder.h"
#include "kernels/onednn/layer_choice.h"
#include "kernels/winograd/convolution.h"

// The joint between this library and kernels/winograd.
namespace cnnbench::onednn {

/// A layer that kernels/winograd can compute, as it describes it, with tiles of this size. The shape is that
/// of the forward convolution in all directions.
winograd::Shape winograd_shape(const ModelLayer& layer, const PrepareOptions& options, int tile_size);
winograd::Convolution winograd_convolution(const ModelLayer& layer, const PrepareOptions& options,
                                           int tile_size);

/// The sizes of tiles that its arithmetic promises to be the fastest.
TileSizes best_tile_sizes(const ModelLayer& layer, const PrepareOptions& options);

/// Whether kernels/winograd can compute the layer: a 3×3 convolution of stride 1 without groups.
bool winograd_can(const ModelLayer& layer);

/// Whether kernels/winograd can compute the layer along with a convolution before it: maxima of 2×2 with
/// stride 2, all of them inside.
bool winograd_can_pool(const ModelLayer& layer);

using common::has_negative_padding;

/// The best instruction set of kernels/winograd that is not beyond what the library may use.
std::string winograd_instruction_set();

/// A convolution on kernels/winograd, in the layout of channel_block(). ReLU is fused, other activations are
/// the library's. In training the weights are transformed in every step, as a part of forward and of backward
/// data; in inference once, at set-up. `pooling` is the next layer where the choice is to compute it, too.
std::unique_ptr<LayerPlan> make_winograd_convolution(const ModelLayer& layer, const LayerChoice& choice,
                                                     const ModelLayer* pooling);

}  // namespace cnnbench::onednn
