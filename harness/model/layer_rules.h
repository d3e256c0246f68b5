#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/model/model.h"

namespace cnnbench {

/// a·b, held at a value far above every limit, so that a product of many factors can be checked once, at its
/// end.
inline std::int64_t capped_product(std::int64_t a, std::int64_t b) {
  constexpr std::int64_t cap = std::int64_t{1} << 62;
  std::int64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? cap : std::min(product, cap);
}

/// What one element of a layer's output sees: a window of the input's pixels, or all of them; `merged`: its
/// own, which the layer made into channels of one pixel.
enum class Sees { window, all, merged };

/// A layer's output, and where it comes from.
struct LayerOutput {
  Shape output;
  Padding padding = {};
  Sees sees = Sees::window;
  Extent kernel{1, 1};  ///< of that window
  Extent stride{1, 1};
  std::string fault = {};  ///< why there can be no such layer behind that input; else empty
};

/// Learned parameters, and what they start with. `{}`: none.
struct Parameters {
  std::array<std::int64_t, 4> weights{};  ///< extents, outermost first: OIHW; dense [units, C, H, W]
  int dimensions = 1;       ///< of the weights' plain array; its last one holds all extents from there on
  float low = 0, high = 0;  ///< weights start uniform in [low, high)
  std::int64_t biases = 0;
  std::optional<double> bias_init = {};  ///< of all biases; unset: at random, see initial_bias
};

/// The sum behind one element of the output. `{}`: none.
struct ElementSum {
  std::int64_t terms = 1;
  bool counted = false;  ///< its terms are multiply-adds that count as FLOPs
};

/// What follows from a layer's settings and the shape of its input.
struct LayerSizes {
  LayerSizes(LayerOutput where, Parameters learned, ElementSum added)
      : placement(std::move(where)), parameters(learned), sum(added) {}

  LayerOutput placement;
  Parameters parameters;
  ElementSum sum;
};

/// What backward data reads beside the output's gradient (and the output behind a fused activation).
struct BackwardReads {
  bool input = false;
  bool output = false;
  bool mask = false;
  bool weights = false;
};

struct NormalDistribution {
  double mean = 0;
  double sd = 0.1;
};

/// What few kinds are or have.
struct LayerTraits {
  Activation activation = Activation::none;  ///< fused into the layer
  bool free = false;          ///< the output is the input as it lies: nothing is computed, nothing is moved
  bool part_of_loss = false;  ///< as the last layer; the loss is then taken of its input
  std::optional<double> keep = {};  ///< training draws a mask: an element is kept with this probability
  NormalDistribution images = {};   ///< suit a network that begins with this layer
};

inline constexpr Shape probe_input{16, 8, 8};

/// All that the harness knows of a kind of layer, but for its settings in a config (harness/config) and on
/// the way to a worker (harness/worker). It cannot be made without an answer to each question.
struct LayerRules {
  LayerRules(std::string_view word, BackwardReads reads, LayerTraits has,
             std::function<LayerSizes(const Shape& input)> sizes, std::vector<Layer> (*samples)())
      : name(word), backward_reads(reads), traits(has), sizes_for(std::move(sizes)), probes(samples) {}

  std::string_view name;  ///< the config's word: "conv", "max_pool", "batch_norm", …
  BackwardReads backward_reads;
  LayerTraits traits;
  std::function<LayerSizes(const Shape& input)> sizes_for;
  /// One small layer of every sort that a backend may or may not run, named for the user, for probe_input; at
  /// least one for every name that the kind may have.
  std::vector<Layer> (*probes)();
};

LayerRules rules_of(const LayerKind& kind);

/// The sizes of a layer in its place.
LayerSizes sizes_of(const ModelLayer& layer);

/// One of each kind, with the default settings, in the order of LayerKind.
std::vector<LayerKind> all_kinds();

/// The probes of all kinds.
std::vector<Layer> all_probes();

}  // namespace cnnbench
