#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/model/cost.h"
#include "harness/model/model.h"

namespace cnnbench {

/// THE contract between the harness and the kernels. A backend turns a Model into a Program: an ordered list
/// of operations, ready to run. The rules:
///   - Calls block: when run() returns, the operation's result is in memory.
///   - Kernels never time, print, or know about ranks. Where speed decides they ask the Tuner in prepare().
///   - All that a real user does once (layouts, algorithms, packing, allocation) happens in prepare(), never
///   in run().

/// `forward`: inference. `forward_backward`: training without the update. `train`: with it.
enum class Pass { forward, forward_backward, train };

/// "forward", "forward-backward", "train".
std::string_view to_string(Pass pass);

/// How an operation multiplies.
enum class Algorithm {
  direct,   ///< as often as the convention counts FLOPs for: loops, matrix multiplications
  winograd  ///< less often, between transforms of tiles
};

/// One piece of work. Reorders of data between layouts are operations of their own, charged to the layer that
/// needs them.
struct Operation {
  int layer = 0;  ///< index into Model::layers; Model::layers.size() is the loss
  Direction direction = Direction::forward;
  std::string implementation;  ///< what really runs, in the backend's own words
  /// How the activations and gradients that it reads and writes lie in memory, in the backend's own words:
  /// oneDNN's "acdb → aBcd16b" is NHWC in, blocks of 16 channels out. Empty where it does not say.
  std::string layout = {};
  Algorithm algorithm = Algorithm::direct;
  /// How much larger its rounding errors are than those of sums of products.
  double error_growth = 1;

  /// Whether its GFLOP/s are "direct-equivalent", and may exceed what the machine multiplies.
  bool direct_equivalent() const { return algorithm != Algorithm::direct; }
};

/// The tensors of a layer that can be read as plain arrays: activations NCHW, convolution weights OIHW, dense
/// weights [out, in] with the input in CHW order, biases [channels] (batch norm: scales as weights, shifts as
/// bias), mask NCHW.
enum class Tensor {
  input,
  output,  ///< after the fused activation
  weights,
  bias,
  mask,  ///< dropout in training: 0 or 1/keep
  input_gradient,
  output_gradient,  ///< with respect to `output`
  weights_gradient,
  bias_gradient
};

/// "input", "output", …, as their names are above.
std::string_view to_string(Tensor tensor);

/// An implementation that a program found wrong itself, at set-up or as a tensor was read, and what runs in
/// its place.
struct Replacement {
  int layer = 0;          ///< as Operation has it
  std::string operation;  ///< in words: "copy of its weights from ab to AB16b64a"
  std::string implementation;
  std::string taken;
  std::string message;  ///< what was wrong, with figures
};

/// A network, ready to run.
class Program {
 public:
  virtual ~Program() = default;

  /// In the order of execution; a step runs each once.
  virtual const std::vector<Operation>& operations() const = 0;

  /// Runs one operation of the step. After a step, or its beginning up to a layer's last operation, the
  /// operations of that layer may be run again and again in their order, for as long as none of another is:
  /// they read what they read in the step, or, where they work in place, their own result. Throws
  /// std::runtime_error where the library reports a failure.
  virtual void run(std::size_t operation) = 0;

  /// Copies a tensor into `plain` (its exact size, see Tensor). Buffers may be shared between layers, so a
  /// tensor is valid, and may be asked for, from the operation that writes it until the next layer's
  /// operations have run; in a training pass, a layer's `input` or `output` is kept until its own backward
  /// operations have run, whichever of them its rule needs
  /// (`output` for activations and softmax, `input` for the rest). `output_gradient` is to be read before the
  /// layer's own backward operations. Throws std::invalid_argument where the layer has no such tensor.
  virtual void read(int layer, Tensor tensor, std::span<float> plain) = 0;

  /// Overwrites `weights` or `bias` of a layer, or `input` of layer 0. Throws std::invalid_argument for
  /// others.
  virtual void write(int layer, Tensor tensor, std::span<const float> plain) = 0;

  /// Loss of the latest training step (l2: summed over the batch; cross_entropy: averaged). 0 in inference.
  virtual double loss() const = 0;

  /// All parameters and, in training, their gradients: contiguous, in the backend's own layout (padding
  /// included, always zero), equal on every rank, element i of one belonging to element i of the other.
  virtual std::span<float> parameters() = 0;
  virtual std::span<float> gradients() = 0;

  /// Moves the memory of parameters, gradients and activations, with what it holds, to another place, for
  /// which there is to be room beside it: parameters() and gradients() are others then. False where a program
  /// cannot do that, or there is no room; it can be run as before.
  virtual bool move_memory() { return false; }

  /// What the program found wrong in its library by now, and replaced.
  virtual std::vector<Replacement> replacements() const { return {}; }

  /// The step: every operation once.
  void step() {
    const std::size_t count = operations().size();
    for (std::size_t i = 0; i < count; ++i) run(i);
  }
};

/// An implementation of a library that verification found wrong in one operation.
struct Distrusted {
  std::string layer;  ///< its name; "loss" for the loss
  Direction direction = Direction::forward;
  std::string implementation;  ///< as Operation has it
  bool operator==(const Distrusted&) const = default;
};

class Tuner;

struct PrepareOptions {
  Pass pass = Pass::forward;
  std::int64_t batch = 1;
  int threads = 1;
  std::uint64_t seed = 1;  ///< of parameters, input, labels and dropout: see initial_values.h
  /// Implementations that are not to be taken, each for its operation. A backend that has no other takes them
  /// all the same, or throws.
  std::vector<Distrusted> distrusted = {};
  /// Who chooses what is the fastest; null: the first of the candidates is taken (see Tuner).
  Tuner* tuner = nullptr;
};

class Oracle;

class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string name() const = 0;
  virtual std::string version() const = 0;

  /// What else is needed to believe a number: the effective instruction set, the threading runtime, …
  virtual std::vector<std::pair<std::string, std::string>> facts() const { return {}; }

  /// What is known to be wrong in this version of its library, a sentence each.
  virtual std::vector<std::string> warnings() const { return {}; }

  /// The reason why this backend cannot run the layer, in words for the user; empty where it can.
  virtual std::string unsupported(const ModelLayer& layer, Pass pass) const = 0;

  /// About how many bytes a program of the network takes beside its parameters, their gradients and its
  /// activations, where these are many: what is packed, and memory to work in.
  virtual double extra_bytes(const Model&, const PrepareOptions&) const { return 0; }

  /// Makes a program, with parameters and input filled from the seed. Throws std::runtime_error
  /// (std::bad_alloc) where that fails; asking for an unsupported layer is a failure too.
  virtual std::unique_ptr<Program> prepare(const Model& model, const PrepareOptions& options) const = 0;

  /// Single elements of a layer computed for verification; only the reference backend has it.
  virtual const Oracle* oracle() const { return nullptr; }
};

}  // namespace cnnbench
