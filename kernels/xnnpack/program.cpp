#include "kernels/xnnpack/program.h"

#include <algorithm>
#include <stdexcept>

#include "harness/backend/initial_values.h"
#include "kernels/xnnpack/builder.h"

namespace cnnbench::xnnpack {
namespace {

struct Add {
  Builder& builder;
  const ModelLayer& layer;
  const Value& src;
  Value operator()(const Convolution&) const { return add_convolution(builder, layer, src); }
  Value operator()(const Dense&) const { return add_dense(builder, layer, src); }
  Value operator()(const Pooling&) const { return add_pooling(builder, layer, src); }
  Value operator()(const ActivationLayer&) const { return add_activation_layer(builder, layer, src); }
  Value operator()(const Standardize&) const { return add_standardize(builder, layer, src); }
  Value operator()(const Dropout&) const { return src; }  // nothing in inference
  Value operator()(const Flatten&) const { return src; }  // nothing to do: see Value
  Value operator()(const Softmax&) const { return add_softmax(builder, layer, src); }
  Value operator()(const LocalResponseNormalization&) const { return add_lrn(builder, layer, src); }
  Value operator()(const BatchNormalization&) const { return add_batch_normalization(builder, layer, src); }
};

void check(xnn_status status, const ModelLayer& layer, const char* what) {
  if (status == xnn_status_success) return;
  if (status == xnn_status_out_of_memory) throw std::bad_alloc();
  throw std::runtime_error("xnnpack: layer " + layer.name + ": the library could not " + what +
                           " its operator (status " + std::to_string(static_cast<int>(status)) + ")");
}

class XnnpackProgram final : public Program {
 public:
  XnnpackProgram(const Model& model, const PrepareOptions& options)
      : model_(model), options_(options), builder_(model_, options_) {
    build();
    builder_.arena = AlignedBuffer(builder_.arena_size() * sizeof(float) + XNN_EXTRA_BYTES, builder_.pool);
    fill_parameters();
    builder_.buffers.allocate(builder_.pool);
    operators_.resize(builder_.actions.size());
    for (std::size_t i = 0; i < operators_.size(); ++i) create(i);
    std::vector<float> images(static_cast<std::size_t>(options_.batch * model_.input.size()));
    initial_input(model_, options_.batch, options_.seed, images);
    write(0, Tensor::input, images);
  }

  const std::vector<Operation>& operations() const override { return builder_.operations; }

  void run(std::size_t operation) override {
    const Action& action = builder_.actions[operation];
    if (action.loop)
      builder_.pool.run(action.count, action.loop, is_last(operation));
    else
      check(xnn_run_operator(operators_[operation].handle.get(), builder_.pool.get()),
            model_.layers[static_cast<std::size_t>(action.layer)], "run");
  }

  void read(int layer, Tensor tensor, std::span<float> plain) override {
    if (tensor == Tensor::weights || tensor == Tensor::bias) {
      const Parameter& parameter = find(layer, tensor);
      copy_out(builder_.arena.data() + parameter.offset, parameter.outer, parameter.inner, parameter.hwc,
               plain);
      return;
    }
    if (tensor != Tensor::input && tensor != Tensor::output)
      throw std::invalid_argument("the layer has no such tensor in this pass");
    // values_[i] enters layer i; the last one leaves the network.
    const std::size_t index = static_cast<std::size_t>(layer) + (tensor == Tensor::output ? 1 : 0);
    const Value& value = values_.at(index);
    copy_out(builder_.data(value), options_.batch, value.shape, value.nhwc, plain);
  }

  void write(int layer, Tensor tensor, std::span<const float> plain) override {
    if (layer == 0 && tensor == Tensor::input) {
      const Value& input = values_[0];
      copy_in(plain, options_.batch, input.shape, input.nhwc, builder_.data(input));
      return;
    }
    if (tensor != Tensor::weights && tensor != Tensor::bias)
      throw std::invalid_argument("this tensor of the layer cannot be written");
    write_parameter(find(layer, tensor), plain);
    // The library packed a copy of its own.
    for (std::size_t i = 0; i < operators_.size(); ++i)
      if (builder_.actions[i].layer == layer) create(i);
  }

  double loss() const override { return 0; }
  std::span<float> parameters() override { return {builder_.arena.data(), builder_.arena_size()}; }
  std::span<float> gradients() override { return {}; }

 private:
  struct DeleteOperator {
    void operator()(xnn_operator_t op) const { xnn_delete_operator(op); }
  };
  struct Operator {
    compat::Workspace workspace;
    std::unique_ptr<xnn_operator, DeleteOperator> handle;
  };

  void build() {
    Value value = builder_.make_value(model_.input, false);
    value.kept = true;  // the same images enter every step
    value.writable = false;
    values_.push_back(value);
    for (std::size_t i = 0; i < model_.layers.size(); ++i) {
      builder_.begin_layer(static_cast<int>(i));
      value = std::visit(Add{builder_, model_.layers[i], value}, model_.layers[i].kind);
      values_.push_back(value);
    }
  }

  /// From the seed. Each plain copy lives only until it is in the arena.
  void fill_parameters() {
    for (const Parameter& parameter : builder_.parameters) {
      std::vector<float> plain(parameter.size());
      if (parameter.tensor == Tensor::weights)
        initial_weights(model_, parameter.layer, options_.seed, plain);
      else
        initial_bias(model_, parameter.layer, options_.seed, plain);
      write_parameter(parameter, plain);
    }
  }

  void write_parameter(const Parameter& parameter, std::span<const float> plain) {
    copy_in(plain, parameter.outer, parameter.inner, parameter.hwc, builder_.arena.data() + parameter.offset);
  }

  /// Makes an operator anew; nothing for a loop.
  void create(std::size_t index) {
    const Action& action = builder_.actions[index];
    if (action.loop) return;
    const ModelLayer& layer = model_.layers[static_cast<std::size_t>(action.layer)];
    Operator& op = operators_[index];
    op.handle.reset();
    xnn_operator_t created = nullptr;
    check(action.create(is_last(index) ? XNN_FLAG_YIELD_WORKERS : 0, &created), layer, "create");
    op.handle.reset(created);
    check(action.set_up(created, op.workspace), layer, "set up");
  }

  bool is_last(std::size_t operation) const { return operation + 1 == builder_.actions.size(); }

  const Parameter& find(int layer, Tensor tensor) const {
    const auto found =
        std::find_if(builder_.parameters.begin(), builder_.parameters.end(),
                     [&](const Parameter& each) { return each.layer == layer && each.tensor == tensor; });
    if (found == builder_.parameters.end()) throw std::invalid_argument("the layer has no such tensor");
    return *found;
  }

  static void check_size(std::size_t size, std::int64_t outer, const Shape& inner) {
    if (size != static_cast<std::size_t>(outer * inner.size()))
      throw std::invalid_argument("a tensor of the wrong size");
  }

  static void copy_out(const float* from, std::int64_t outer, const Shape& inner, bool hwc,
                       std::span<float> plain) {
    check_size(plain.size(), outer, inner);
    for (std::int64_t i = 0; i < outer; ++i) {
      const std::int64_t first = i * inner.size();
      if (hwc)
        transpose(from + first, inner.height * inner.width, inner.channels, plain.data() + first);
      else
        std::copy_n(from + first, inner.size(), plain.data() + first);
    }
  }

  static void copy_in(std::span<const float> plain, std::int64_t outer, const Shape& inner, bool hwc,
                      float* to) {
    check_size(plain.size(), outer, inner);
    for (std::int64_t i = 0; i < outer; ++i) {
      const std::int64_t first = i * inner.size();
      if (hwc)
        transpose(plain.data() + first, inner.channels, inner.height * inner.width, to + first);
      else
        std::copy_n(plain.data() + first, inner.size(), to + first);
    }
  }

  Model model_;
  PrepareOptions options_;
  Builder builder_;
  std::vector<Value> values_;
  std::vector<Operator> operators_;
};

}  // namespace

std::unique_ptr<Program> make_program(const Model& model, const PrepareOptions& options) {
  return std::make_unique<XnnpackProgram>(model, options);
}

}  // namespace cnnbench::xnnpack
