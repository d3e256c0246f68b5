#pragma once

#include <vector>

#include "harness/backend/backend.h"
#include "kernels/onednn/variant.h"

// The pass before a program is built: it says for every layer who computes it, how, in which layouts, and
// what runs as one operation. The builder builds this and decides nothing of it.
namespace cnnbench::onednn {

/// Who computes a layer. A further source of convolutions is one more value here, the layers that it takes in
/// layer_choices(), what they share with their neighbours in with_neighbours(), and its LayerPlan in
/// program.cpp.
enum class Source {
  library,
  winograd,     ///< kernels/winograd
  layer_before  ///< the operations of the layer before are this one's, too
};

/// Sizes of the largest tiles (see winograd::Shape) of a layer on kernels/winograd, by direction.
struct TileSizes {
  int forward = 1;
  int backward_data = 1;
  int backward_weights = 1;
  bool operator==(const TileSizes&) const = default;
};

/// What one layer of a program is.
struct LayerChoice {
  Source source = Source::library;
  TileSizes tiles{};            ///< of kernels/winograd
  bool direct = false;          ///< the library does not take a Winograd of its own
  bool computes_next = false;   ///< the next layer's source is layer_before
  bool relu_of_before = false;  ///< the gradient of its input goes back through the ReLU of the layer before
  bool relu_by_next = false;    ///< the gradient of its output has gone back through its own ReLU already
  bool blocked_input = false;   ///< in the layout of blocked_desc(); else as the library likes it best
  bool blocked_output = false;  ///< likewise
};

/// What each of the layers is, by the variant. by_timing: as the tuner of the options finds, or as the
/// arithmetic promises where there is none.
std::vector<LayerChoice> layer_choices(const Model& model, const PrepareOptions& options,
                                       const Variant& variant);

/// The same where sources, tiles and `direct` are given, a layer each: adds what follows from the neighbours.
std::vector<LayerChoice> with_neighbours(const Model& model, std::vector<LayerChoice> choices);

/// All that kernels/winograd can compute is its own, with these tiles.
std::vector<LayerChoice> winograd_everywhere(const Model& model, const TileSizes& tiles);

/// Bytes of transformed weights and of scratch memory in a program; where timing is to choose layers and
/// tiles, the most that its choice can take.
double winograd_bytes(const Model& model, const PrepareOptions& options, const Variant& variant);

}  // namespace cnnbench::onednn
