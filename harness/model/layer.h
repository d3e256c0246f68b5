#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "harness/model/shape.h"

namespace cnnbench {

enum class Activation { none, relu, tanh, sigmoid };

/// Zeros added around an image: `before` is above and left, `after` below and right. Negative entries skip
/// elements of the input instead (a crop that is deeper than the padding).
struct Padding {
  Extent before;
  Extent after;
  bool operator==(const Padding&) const = default;
};

/// How a convolution's padding was asked for. `same` keeps ceil(input / stride) outputs, with the odd element
/// below and right; `full` pads by kernel - 1, so that stride 1 gives input + kernel - 1 outputs.
enum class PaddingRule { explicit_size, same, full };

/// y = (x - mean) / sd, elementwise, not learned.
struct Standardize {
  double mean = 0;
  double sd = 1;
};

/// 2-D cross-correlation (the field's "convolution"): filters × (channels / groups) × kernel weights.
struct Convolution {
  std::int64_t filters = 0;
  Extent kernel;
  Extent stride{1, 1};
  PaddingRule padding_rule = PaddingRule::explicit_size;
  Extent padding;  ///< used with PaddingRule::explicit_size, on all four sides
  std::int64_t crop =
      0;  ///< rows and columns cut off every side of the output; they are neither computed nor counted
  std::int64_t groups = 1;
  bool bias = true;
  Activation activation = Activation::none;
  std::optional<double> bias_init = {};  ///< of all its biases; unset: at random, see initial_bias
};

/// What becomes of a last window that hangs over the edge: `drop` ignores it, `keep` pools what it has.
enum class Border { drop, keep };

enum class PoolKind { max, average };

/// Pooling; an average is over the elements of the window that lie inside the image (padding is excluded).
struct Pooling {
  PoolKind pool = PoolKind::max;
  Extent kernel;
  Extent stride;
  Extent padding;
  Border border = Border::drop;
};

/// Fully connected; its input is flattened in CHW order. Weights [units, inputs].
struct Dense {
  std::int64_t units = 0;
  bool bias = true;
  Activation activation = Activation::none;
  std::optional<double> bias_init = {};  ///< of all its biases; unset: at random, see initial_bias
};

/// An activation function as a layer of its own.
struct ActivationLayer {
  Activation function = Activation::relu;
};

/// In training every element is kept with probability `keep` and then scaled by 1/keep; in inference a no-op.
struct Dropout {
  double keep = 0.5;
};

/// C×H×W → (C·H·W)×1×1. Costs nothing unless a backend has to change the layout for it.
struct Flatten {};

/// Softmax over the channels, at each pixel.
struct Softmax {};

/// Local response normalisation across channels: y = x / (k + α/n · Σ x²)^β over a window of n channels
/// (Krizhevsky et al. 2012, in the form that divides α by n, as Caffe and oneDNN do).
struct LocalResponseNormalization {
  static constexpr std::int64_t window = 5;
  static constexpr double alpha = 1e-4;
  static constexpr double beta = 0.75;
  static constexpr double k = 1.0;
};

/// Batch normalisation with a learned scale and shift a channel (Ioffe & Szegedy 2015). Training uses the
/// batch's mean and biased variance; inference uses stored ones, here 0 and 1.
struct BatchNormalization {
  static constexpr double epsilon = 1e-5;
};

using LayerKind = std::variant<Standardize, Convolution, Pooling, Dense, ActivationLayer, Dropout, Flatten,
                               Softmax, LocalResponseNormalization, BatchNormalization>;

/// One layer as the config states it.
struct Layer {
  std::string name;
  LayerKind kind;
};

/// The config's word for a layer's kind: "conv", "max_pool", "batch_norm", …
std::string_view kind_name(const LayerKind& kind);

/// The config's word: "none", "relu", "tanh", "sigmoid".
std::string_view to_string(Activation activation);

/// The activation fused into a convolution or dense layer, else Activation::none.
Activation fused_activation(const LayerKind& kind);

}  // namespace cnnbench
