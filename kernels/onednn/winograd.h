#pragma once

#include <memory>
#include <string>

#include "kernels/common/window.h"
#include "kernels/onednn/builder.h"
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

/// Channels a block in the layout that both sides share, which the library has kernels for on this CPU: 8, or
/// 16 with AVX-512. (Its own first choice is another one, channels last, for some primitives and in 3.x.)
std::int64_t channel_block();

/// That layout.
memory::desc blocked_desc(const memory::dims& dims);

/// The best instruction set of kernels/winograd that is not beyond what the library may use.
std::string winograd_instruction_set();

/// A convolution on kernels/winograd, in the layout of channel_block(). ReLU is fused, other activations are
/// the library's. In training the weights are transformed in every step, as a part of forward and of backward
/// data; in inference once, at set-up. `pooling`, if not null, is the next layer, computed along with this
/// one.
std::unique_ptr<LayerPlan> make_winograd_convolution(const ModelLayer& layer, const TileSizes& tiles,
                                                     const ModelLayer* pooling);

}  // namespace cnnbench::onednn
