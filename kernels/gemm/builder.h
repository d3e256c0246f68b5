#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/backend/backend.h"
#include "kernels/gemm/buffers.h"
#include "kernels/gemm/library.h"

namespace cnnbench::gemm {

/// A tensor of the program, plain NCHW over the batch. Its address is known once all are planned: see
/// Builder::data.
struct Value {
  int buffer = -1;  ///< none where negative
  std::int64_t elements = 0;
  bool writable = true;  ///< nobody needs it any more after the next layer: that may work in place

  explicit operator bool() const { return buffer >= 0; }
};

/// What Program::read gives for a layer.
struct LayerValues {
  Value input;
  Value output;
  Value mask;
  Value input_gradient;
  Value output_gradient;
};

/// The parameters of a layer, or their gradients. nullptr where it has none.
struct Parameters {
  float* weights = nullptr;
  float* bias = nullptr;
};

/// A program while it is put together, layer by layer, and its state while it runs.
class Builder {
 public:
  Builder(const Model& built_model, const PrepareOptions& with, const Library& by);

  bool training() const { return options.pass != Pass::forward; }
  int layer() const { return layer_; }
  void begin_layer(int index) { layer_ = index; }

  /// A new tensor. In training, activations are kept: every one has memory of its own.
  Value make_activation(std::int64_t elements);
  Value make_gradient(std::int64_t elements) { return {buffers.acquire(elements), elements}; }

  /// The tensor for the result of an elementwise layer: `src` itself where that may be overwritten.
  Value in_place_or_new(const Value& src);

  /// No later operation reads it.
  void discard_activation(const Value& value);
  void discard_gradient(const Value& value) { buffers.release(value.buffer); }

  /// Memory that every operation may use while it runs, at least so many elements.
  void need_scratch(std::int64_t elements);

  /// `run` is called in every step. The addresses that it takes from data(), scratch(), parameters() and
  /// gradients() are valid by then.
  void add(Direction direction, const std::string& implementation, std::function<void()> run);

  float* data(const Value& value) const { return buffers.data(value.buffer); }
  float* scratch() const { return scratch_.data(); }
  const Parameters& parameters(int index) const { return parameters_[static_cast<std::size_t>(index)]; }
  const Parameters& gradients(int index) const { return gradients_[static_cast<std::size_t>(index)]; }

  void allocate();

  const Model& model;
  const PrepareOptions& options;
  const Library& library;
  BufferPlan buffers;
  std::vector<LayerValues> values;
  std::vector<Operation> operations;
  std::vector<std::function<void()>> actions;  ///< of the operations
  double loss = 0;

  AlignedBuffer parameter_arena;
  AlignedBuffer gradient_arena;  ///< in training
  std::int64_t arena_elements = 0;

 private:
  std::vector<Parameters> place(const AlignedBuffer& arena) const;

  int layer_ = 0;
  std::int64_t scratch_elements_ = 0;
  AlignedBuffer scratch_;
  std::vector<Parameters> parameters_;
  std::vector<Parameters> gradients_;
};

/// Adds the operations of one layer.
class LayerPlan {
 public:
  virtual ~LayerPlan() = default;

  /// Returns the layer's output.
  virtual Value forward(Builder& builder, const Value& src) = 0;

  /// Takes over the gradient of the output. Returns that of the input, none where it is not wanted.
  virtual Value backward(Builder& builder, const Value& diff_dst) = 0;
};

std::unique_ptr<LayerPlan> make_convolution(const ModelLayer& layer);
std::unique_ptr<LayerPlan> make_dense(const ModelLayer& layer);
std::unique_ptr<LayerPlan> make_pooling(const ModelLayer& layer);
std::unique_ptr<LayerPlan> make_activation(const ModelLayer& layer);
std::unique_ptr<LayerPlan> make_standardize(const ModelLayer& layer);
std::unique_ptr<LayerPlan> make_dropout(const ModelLayer& layer);
std::unique_ptr<LayerPlan> make_flatten(const ModelLayer& layer);
std::unique_ptr<LayerPlan> make_softmax(const ModelLayer& layer);
std::unique_ptr<LayerPlan> make_lrn(const ModelLayer& layer);
std::unique_ptr<LayerPlan> make_batch_normalization(const ModelLayer& layer);

/// The loss of `logits` and, where it is wanted, its gradient.
Value add_loss(Builder& builder, const Value& logits, bool gradient_wanted);

}  // namespace cnnbench::gemm
