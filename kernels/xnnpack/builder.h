#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/backend/backend.h"
#include "kernels/xnnpack/buffers.h"
#include "kernels/xnnpack/compat.h"

namespace cnnbench::xnnpack {

/// Activations as they lie in memory, N times `shape`. Flattening leaves them as they are: a flattened value
/// still has the shape of the layer before it, and its elements in CHW order are the vector.
struct Value {
  Shape shape;
  bool nhwc = true;  ///< the order in memory; else NCHW
  int buffer = -1;
  bool kept = false;      ///< its buffer must not serve others
  bool writable = false;  ///< the next layer may work in place

  const char* order() const { return nhwc ? "nhwc" : "nchw"; }

  /// True where NHWC and NCHW are the same order.
  bool one_order() const { return shape.channels == 1 || shape.height * shape.width == 1; }
};

/// One tensor of parameters in the arena: `outer` times a tensor of shape `inner`, whose order is CHW in the
/// plain tensor and, where `hwc`, HWC in the arena.
struct Parameter {
  int layer = 0;
  Tensor tensor = Tensor::weights;
  std::int64_t outer = 0;
  Shape inner{1, 1, 1};
  bool hwc = false;
  std::size_t offset = 0;  ///< into the arena, in floats

  std::size_t size() const { return static_cast<std::size_t>(outer * inner.size()); }
};

/// What run() does for one operation: an operator of the library, or a loop of our own.
struct Action {
  int layer = 0;
  std::function<xnn_status(std::uint32_t flags, xnn_operator_t*)> create;  ///< packs the parameters
  std::function<xnn_status(xnn_operator_t, compat::Workspace&)> set_up;    ///< takes sizes and addresses
  std::int64_t count = 0;                                                  ///< of the loop
  Range loop;
};

/// Gathers a program's operations and memory, layer by layer.
class Builder {
 public:
  Builder(const Model& given_model, const PrepareOptions& given_options);

  const Model& model;
  const PrepareOptions& options;
  ThreadPool pool;
  BufferPlan buffers;
  AlignedBuffer arena;  ///< of the parameters; has its memory when actions are created
  std::vector<Operation> operations;
  std::vector<Action> actions;
  std::vector<Parameter> parameters;

  std::int64_t batch() const { return options.batch; }
  std::size_t arena_size() const { return arena_size_; }

  /// Operations added from here on belong to this layer.
  void begin_layer(int layer) { layer_ = layer; }

  /// An uninitialised value.
  Value make_value(const Shape& shape, bool nhwc = true);

  /// The value is not needed any more; its buffer may serve others.
  void discard(const Value& value);

  /// The value with this shape, equal element by element in CHW order, in NHWC order in memory: itself, or a
  /// reordered copy (an operation, charged to this layer), in place of which the value is discarded.
  Value in_nhwc(const Value& value, const Shape& shape);

  /// Where a layer that works element by element, or row by row, may put its output.
  Value place_for_output(const Value& src);

  void add_operator(const std::string& implementation,
                    std::function<xnn_status(std::uint32_t, xnn_operator_t*)> create,
                    std::function<xnn_status(xnn_operator_t, compat::Workspace&)> set_up,
                    const std::string& layout = "nhwc");
  void add_loop(Direction direction, const std::string& implementation, std::int64_t count, Range loop,
                const std::string& layout = "nhwc");

  /// An activation function in place, or to another value of the same shape.
  void add_activation(Activation function, const Value& src, const Value& dst);

  /// Registers a parameter of this layer; returns its index.
  std::size_t add_parameter(Tensor tensor, std::int64_t outer, const Shape& inner = {1, 1, 1},
                            bool hwc = false);

  /// Addresses, valid from the first create or set_up on.
  float* data(const Value& value) const { return buffers.data(value.buffer); }
  float* data(std::size_t parameter) const { return arena.data() + parameters[parameter].offset; }

 private:
  int layer_ = 0;
  std::size_t arena_size_ = 0;
};

/// dst[column][row] = src[row][column].
void transpose(const float* src, std::int64_t rows, std::int64_t columns, float* dst);

/// Each adds the forward operations of its kind of layer; returns the output.
Value add_convolution(Builder& builder, const ModelLayer& layer, const Value& src);
Value add_dense(Builder& builder, const ModelLayer& layer, const Value& src);
Value add_pooling(Builder& builder, const ModelLayer& layer, const Value& src);
Value add_activation_layer(Builder& builder, const ModelLayer& layer, const Value& src);
Value add_standardize(Builder& builder, const ModelLayer& layer, const Value& src);
Value add_softmax(Builder& builder, const ModelLayer& layer, const Value& src);
Value add_lrn(Builder& builder, const ModelLayer& layer, const Value& src);
Value add_batch_normalization(Builder& builder, const ModelLayer& layer, const Value& src);

}  // namespace cnnbench::xnnpack
