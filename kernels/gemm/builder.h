#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "kernels/common/buffer_plan.h"
#include "kernels/common/network.h"
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

/// The parameters of a layer, or their gradients. nullptr where it has none.
struct Parameters {
  float* weights = nullptr;
  float* bias = nullptr;
};

/// A program while it is put together, layer by layer, and its state while it runs.
class Builder : public common::BuilderBase {
 public:
  Builder(const Model& of, const PrepareOptions& with, const Library& by);

  /// A new tensor. In training, activations are kept: every one has memory of its own.
  Value make_activation(std::int64_t elements);
  Value make_gradient(std::int64_t elements) { return {buffers.add(bytes(elements)), elements}; }

  /// The tensor for the result of an elementwise layer: `src` itself where that may be overwritten.
  Value in_place_or_new(const Value& src);

  /// Memory that every operation may use while it runs, at least so many elements.
  void need_scratch(std::int64_t elements);

  /// `run`, which reads and writes the tensors `uses` (some may be none), is called in every step. The
  /// addresses that it takes from data(), scratch(), parameters() and gradients() are valid by then.
  void add(Direction direction, const std::string& implementation, std::initializer_list<Value> uses,
           std::function<void()> run);

  float* data(const Value& value) const { return static_cast<float*>(buffers.data(value.buffer)); }
  float* scratch() const { return static_cast<float*>(buffers.data(scratch_)); }
  Parameters parameters(int layer) const;
  Parameters gradients(int layer) const;

  void allocate();

  const Library& library;
  common::BufferPlan buffers;
  std::vector<common::LayerValues<Value>> values;
  std::vector<std::function<void()>> actions;  ///< of the operations

 private:
  static std::size_t bytes(std::int64_t elements) {
    return static_cast<std::size_t>(elements) * sizeof(float);
  }

  std::int64_t scratch_elements_ = 0;
  int scratch_ = -1;  ///< a buffer
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

// The plan of a layer of each kind.
std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const Convolution& convolution);
std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const Dense& dense);
std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const Pooling& pooling);
std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const ActivationLayer& activation);
std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const Standardize& standardize);
std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const Dropout& dropout);
std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const Flatten& flatten);
std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const Softmax& softmax);
std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const LocalResponseNormalization& lrn);
std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const BatchNormalization& normalization);

/// The loss of `logits` and, where it is wanted, its gradient.
Value add_loss(Builder& builder, const Value& logits, bool gradient_wanted);

}  // namespace cnnbench::gemm
