#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include "kernels/common/buffer_plan.h"
#include "kernels/common/network.h"
#include "kernels/xnnpack/compat.h"
#include "kernels/xnnpack/thread_pool.h"

namespace cnnbench::xnnpack {

/// Activations as they lie in memory, N times `shape`. Flattening leaves them as they are: a flattened value
/// still has the shape of the layer before it, and its elements in CHW order are the vector.
struct Value {
  Shape shape;
  bool nhwc = true;  ///< the order in memory; else NCHW
  int buffer = -1;
  bool writable = false;  ///< the next layer may work in place

  const char* order() const { return nhwc ? "nhwc" : "nchw"; }

  explicit operator bool() const { return buffer >= 0; }

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
};

/// What run() does for one operation: an operator of the library, or a loop of our own.
struct Action {
  int layer = 0;
  std::function<xnn_status(std::uint32_t flags, xnn_operator_t*)> create;  ///< packs the parameters
  std::function<xnn_status(xnn_operator_t, compat::Workspace&)> set_up;    ///< takes sizes and addresses
  std::int64_t count = 0;                                                  ///< of the loop
  common::LoopBody loop;
};

/// Gathers a program's operations and memory, layer by layer.
class Builder : public common::BuilderBase {
 public:
  Builder(const Model& of, const PrepareOptions& with);

  ThreadPool pool;
  common::BufferPlan buffers;
  std::vector<common::LayerValues<Value>> values;
  std::vector<Action> actions;
  std::vector<Parameter> parameters;

  std::int64_t batch() const { return options.batch; }

  /// The images, which enter every step.
  Value make_input();

  /// An uninitialised value.
  Value make_value(const Shape& shape, bool nhwc = true);

  /// The value with this shape, equal element by element in CHW order, in NHWC order in memory: itself, or a
  /// reordered copy (an operation, charged to this layer).
  Value in_nhwc(const Value& value, const Shape& shape);

  /// Where a layer that works element by element, or row by row, may put its output.
  Value place_for_output(const Value& src);

  /// Both note which values the operation `uses`.
  void add_operator(const std::string& implementation, std::initializer_list<Value> uses,
                    std::function<xnn_status(std::uint32_t, xnn_operator_t*)> create,
                    std::function<xnn_status(xnn_operator_t, compat::Workspace&)> set_up,
                    const std::string& layout = "nhwc");
  void add_loop(Direction direction, const std::string& implementation, std::initializer_list<Value> uses,
                std::int64_t count, common::LoopBody loop, const std::string& layout = "nhwc");

  /// An activation function in place, or to another value of the same shape.
  void add_activation(Activation function, const Value& src, const Value& dst);

  /// Registers a parameter of this layer; returns its index.
  std::size_t add_parameter(Tensor tensor, std::int64_t outer, const Shape& inner = {1, 1, 1},
                            bool hwc = false);

  /// Addresses, valid from the first create or set_up on.
  float* data(const Value& value) const { return static_cast<float*>(buffers.data(value.buffer)); }
  float* data(const Parameter& parameter) const {
    return arena.find(parameter.layer, parameter.tensor).data();
  }
  float* data(std::size_t parameter) const { return data(parameters[parameter]); }

 private:
  std::size_t bytes(const Shape& shape) const;
  void note(std::initializer_list<Value> uses);
};

/// The library's window, for a layer whose padding is nowhere negative but for a border that is dropped.
compat::Window window_of(const Builder& builder, const ModelLayer& layer, const Extent& kernel,
                         const Extent& stride);

/// dst[column][row] = src[row][column].
void transpose(const float* src, std::int64_t rows, std::int64_t columns, float* dst);

// Each adds the forward operations of its kind of layer; returns the output.
Value add_layer(Builder& builder, const ModelLayer& layer, const Convolution& conv, const Value& given);
Value add_layer(Builder& builder, const ModelLayer& layer, const Dense& dense, const Value& src);
Value add_layer(Builder& builder, const ModelLayer& layer, const Pooling& pool, const Value& given);
Value add_layer(Builder& builder, const ModelLayer& layer, const ActivationLayer& activation,
                const Value& src);
Value add_layer(Builder& builder, const ModelLayer& layer, const Standardize& standardize, const Value& src);
Value add_layer(Builder& builder, const ModelLayer& layer, const Softmax& softmax, const Value& given);
Value add_layer(Builder& builder, const ModelLayer& layer, const LocalResponseNormalization& lrn,
                const Value& given);
Value add_layer(Builder& builder, const ModelLayer& layer, const BatchNormalization& normalization,
                const Value& given);
inline Value add_layer(Builder&, const ModelLayer&, const Dropout&, const Value& src) {
  return src;
}
inline Value add_layer(Builder&, const ModelLayer&, const Flatten&, const Value& src) {
  return src;
}

}  // namespace cnnbench::xnnpack
