#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "kernels/common/network.h"
#include "kernels/onednn/buffers.h"
#include "kernels/onednn/compat.h"
#include "kernels/onednn/layer_choice.h"
#include "kernels/onednn/reorder.h"

namespace cnnbench::onednn {

using dnnl::memory;

/// Activations or gradients as they lie in memory. `dims` are N, C, H, W in memory, which flattening leaves
/// as they are: a flattened value still has the dimensions of the layer before it, and its elements in CHW
/// order are the vector.
struct Value {
  memory::dims dims;
  memory::desc desc;
  memory data;
  int buffer = -1;
  bool writable = false;  ///< the next layer may work in place
  /// Where two layers share an operation a step does not make the value, or makes another one in its place:
  /// this computes it for a reader, into memory of this layout. It needs what the operation read: to be
  /// called only while Program::read allows.
  std::function<void(float*)> compute;
  explicit operator bool() const { return buffer >= 0 || compute; }
};

/// One tensor of parameters: the master copy in the arena, in the layout of its gradient (so that an update
/// is elementwise), and copies in the layouts that primitives want where those differ.
struct Parameter {
  int layer = 0;
  Tensor tensor = Tensor::weights;
  memory::desc plain;  ///< OIHW, GOIHW, OI or X
  memory::desc desc;
  memory data;
  memory gradient;
  std::vector<std::function<void()>> refresh;  ///< what makes each of the copies from the master
};

/// What run() does for one operation: a primitive with its arguments, or a function.
struct Action {
  dnnl::primitive primitive;
  std::vector<dnnl_exec_arg_t> arguments;
  std::function<void()> function;
};

using Arguments = std::initializer_list<std::pair<int, memory>>;

/// Gathers a program's operations and memory, layer by layer.
class Builder : public common::BuilderBase {
 public:
  Builder(const Model& of, const PrepareOptions& with, const Variant& in, std::vector<LayerChoice> choices);

  const Variant variant;
  const std::vector<LayerChoice> choices;  ///< a layer
  dnnl::engine engine;
  dnnl::stream stream;
  BoundBuffers buffers;           ///< of values
  BoundBuffers parameter_copies;  ///< in further layouts
  std::vector<Action> actions;
  std::vector<memory> held;  ///< memory that actions refer to
  std::vector<Parameter> parameters;
  std::vector<common::LayerValues<Value>> values;  ///< a layer

  /// Reorders of parameters that a step repeats, by operation: set-up finds out which implementation is
  /// right.
  std::vector<std::pair<std::size_t, std::shared_ptr<Reorder>>> repeated_reorders;

  dnnl::prop_kind forward_kind() const {
    return training() ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference;
  }

  const LayerChoice& choice() const { return choices[static_cast<std::size_t>(layer())]; }

  /// The library for an operation of this layer: without what verification found wrong there.
  compat::Library library(Direction direction) const;

  /// Notes what a reorder for this layer's `what` found wrong. (Set-up's own; steps are seen by
  /// verification.)
  void note(int layer, const std::string& what, const Reorder& reorder);
  const std::vector<Replacement>& replacements() const { return replacements_; }

  /// Gives the operations of repeated_reorders the implementations that were found right at set-up.
  void settle_reorders();

  /// From here on values are gradients: short-lived, also in training.
  void begin_backward() { backward_ = true; }

  /// Descriptors of the source and destination of this layer's primitives: the layout is left to the library,
  /// unless the layer's choice or the variant says it.
  memory::desc source_desc(const memory::dims& dims) const;
  memory::desc destination_desc(const memory::dims& dims) const;

  /// The images, in plain layout: the same enter every step.
  Value make_input();

  /// An uninitialised value. In the forward part of training it is kept for the backward part.
  Value make_value(const memory::dims& dims, const memory::desc& desc);

  /// The same memory seen as another descriptor.
  Value view(const Value& value, const memory::dims& dims, const memory::desc& desc);

  /// The value in the layout that is wanted: itself, or a reordered copy (an operation, charged to this
  /// layer).
  Value in_layout(const Value& value, const memory::desc& wanted);

  /// The value with these dimensions, equal element by element in CHW order; in plain layout where they
  /// differ.
  Value with_dims(const Value& value, const memory::dims& dims);

  void add(Direction direction, const std::string& implementation, const dnnl::primitive& primitive,
           Arguments arguments);
  void add_reorder(const std::shared_ptr<Reorder>& reorder, const memory& from, const memory& to);
  /// The function reads and writes the memory that it `uses`, as far as that is there. Returned is the
  /// operation, until the next one is added.
  Operation& add(Direction direction, const std::string& implementation, std::initializer_list<memory> uses,
                 std::function<void()> function, const std::string& layout = {});

  /// Uninitialised memory for the operations that use it.
  memory scratch(std::int64_t floats);

  /// Registers a parameter of this layer; returns its index.
  std::size_t add_parameter(Tensor tensor, const memory::desc& plain, const memory::desc& desc);

  /// The parameter in a layout: the master copy, or one made at set-up; in Pass::train also made again in
  /// every step.
  memory parameter_as(std::size_t parameter, const memory::desc& wanted);

  /// A copy of so many floats that `make` fills from the parameter, at set-up and whenever it is written.
  memory parameter_copy(std::size_t parameter, std::int64_t floats, std::function<void(const memory&)> make);

  /// Allocates the parameters and the copies of them.
  void place_parameters();

  /// Tells the memory of the parameters where the arena is.
  void point_parameters();

 private:
  memory::desc activation_desc(const memory::dims& dims, bool blocked) const;
  Value in_buffer(const memory::dims& dims, const memory::desc& desc, int buffer);

  bool backward_ = false;
  std::vector<Replacement> replacements_;
};

/// One layer's part in a program.
class LayerPlan {
 public:
  virtual ~LayerPlan() = default;
  /// Adds the forward operations; returns the output.
  virtual Value forward(Builder& builder, const Value& src) = 0;
  /// Adds the backward operations; returns the gradient of the input, with the dimensions that the input had,
  /// or nothing where the model wants none. Takes over diff_dst.
  virtual Value backward(Builder& builder, const Value& diff_dst) = 0;
  /// The plan of the next layer where this one computes it, too (LayerChoice::computes_next); to be used
  /// while this one lives.
  virtual std::unique_ptr<LayerPlan> plan_of_next() { throw std::logic_error("it computes no other layer"); }
};

/// The elements of memory; nullptr where there is none.
float* floats(const memory& data);

/// Whether one of the library's implementations, by its name, is a Winograd. (Not for names of
/// kernels/winograd.)
bool is_librarys_winograd(const std::string& implementation);

/// Whether the library can bring data from one layout into the other: from those of Winograd's weights it
/// cannot.
bool can_reorder(const dnnl::engine& engine, const memory::desc& from, const memory::desc& to);

/// Descriptor of a 4-D tensor in NCHW order.
memory::desc plain_desc(const memory::dims& dims);

/// Descriptor that leaves the layout to the library.
memory::desc any_desc(const memory::dims& dims);

/// N and a shape as dimensions.
memory::dims to_dims(std::int64_t batch, const Shape& shape);

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

/// Adds the loss of `logits` and, where `wanted`, its gradient (with the dimensions of logits).
Value add_loss(Builder& builder, const Value& logits, bool gradient_wanted);

}  // namespace cnnbench::onednn
