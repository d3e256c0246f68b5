#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/model/layer.h"
#include "harness/model/shape.h"

namespace cnnbench {

/// A network that cannot be built. `layer` is the index of the layer at fault, -1 for the network as a whole.
class ModelError : public std::runtime_error {
 public:
  ModelError(int at, const std::string& message) : std::runtime_error(message), layer(at) {}
  int layer;
};

enum class Loss { l2, cross_entropy };

/// "l2", "cross_entropy".
std::string_view to_string(Loss loss);

/// A layer with all that follows from its place in the network.
struct ModelLayer {
  std::string name;
  LayerKind kind;
  Shape input;
  Shape output;
  Padding padding;              ///< convolution and pooling: resolved, with crop and border taken in
  Extent receptive_field;       ///< of one output element, in pixels of the network's input
  std::int64_t weights = 0;     ///< learned weights (batch norm: scales)
  std::int64_t biases = 0;      ///< learned biases (batch norm: shifts)
  bool input_gradient = false;  ///< the backward pass needs the gradient of this layer's input
  bool backward = false;        ///< the backward pass passes through this layer at all

  std::int64_t parameters() const { return weights + biases; }
};

/// What a layer computes, whatever its name: "conv 3x224x224 to 64x224x224, kernel 3, stride 1, padding 1,
/// groups 1, bias, relu". The same words for layers of equal work.
std::string in_words(const ModelLayer& layer);

/// What a network is: plain data, no I/O. Build with build_model; layers[i].input is layers[i-1].output.
struct Model {
  std::string name;
  std::string source;
  Shape input;
  std::vector<ModelLayer> layers;
  Loss loss = Loss::l2;
  bool first_input_gradient = false;  ///< see ModelOptions

  std::int64_t parameters() const;

  /// Index of the layer whose output the loss is taken of: the last, or the one before a closing softmax.
  /// -1 where the network is a softmax alone: then the loss is taken of the input.
  int loss_layer() const;
};

struct ModelOptions {
  /// The gradient of the network's input is wanted too. Off for a network (nobody uses the gradient of an
  /// image); on for one layer cut out of a network where the layer does have a backward-data pass.
  bool first_input_gradient = false;
};

/// Infers shapes, padding, receptive fields and parameter counts.
/// Throws ModelError: no layers, a kernel larger than its padded input, groups that do not divide the
/// channels, a name used twice, padding not smaller than a pooling window, more than 2^38 elements, or more
/// than 2^41 operations an image.
Model build_model(std::string name, std::string source, Shape input, const std::vector<Layer>& layers,
                  Loss loss, const ModelOptions& options = {});

/// The first `count` layers as a network of their own, with the same loss. Throws std::out_of_range.
Model prefix(const Model& model, int count);

/// Layer `index` alone as a network with an l2 loss. It has a backward-data pass exactly where it has one
/// inside `model`.
Model single_layer(const Model& model, int index);

}  // namespace cnnbench
