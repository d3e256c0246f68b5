#include "kernels/onednn/program.h"

#include <omp.h>

#include <algorithm>
#include <array>
#include <new>
#include <stdexcept>

#include "harness/backend/initial_values.h"
#include "kernels/onednn/builder.h"
#include "kernels/onednn/winograd.h"

namespace cnnbench::onednn {
namespace {

std::unique_ptr<LayerPlan> plan_of_library(const ModelLayer& layer) {
  struct Make {
    const ModelLayer& layer;
    std::unique_ptr<LayerPlan> operator()(const Convolution&) const { return make_convolution(layer); }
    std::unique_ptr<LayerPlan> operator()(const Dense&) const { return make_dense(layer); }
    std::unique_ptr<LayerPlan> operator()(const Pooling&) const { return make_pooling(layer); }
    std::unique_ptr<LayerPlan> operator()(const ActivationLayer&) const { return make_activation(layer); }
    std::unique_ptr<LayerPlan> operator()(const Standardize&) const { return make_standardize(layer); }
    std::unique_ptr<LayerPlan> operator()(const Dropout&) const { return make_dropout(layer); }
    // A flattened value lies in memory as it was (see Value).
    std::unique_ptr<LayerPlan> operator()(const Flatten&) const { return make_nothing(); }
    std::unique_ptr<LayerPlan> operator()(const Softmax&) const { return make_softmax(layer); }
    std::unique_ptr<LayerPlan> operator()(const LocalResponseNormalization&) const { return make_lrn(layer); }
    std::unique_ptr<LayerPlan> operator()(const BatchNormalization&) const {
      return make_batch_normalization(layer);
    }
  };
  return std::visit(Make{layer}, layer.kind);
}

class OneDnnProgram final : public Program {
 public:
  OneDnnProgram(const Model& model, const PrepareOptions& options, const Variant& variant)
      : model_(model), options_(options), variant_(variant), builder_(model_, options_, variant_) {
    // The library takes its number of threads when primitives are made, and again when they run.
    omp_set_num_threads(options.threads);
    build();
    // Parameters first: the plain copy that each is packed from is gone before the values take memory.
    allocate_parameters();
    fill_parameters();
    builder_.settle_reorders();
    builder_.buffers.allocate();
    fill_input();
  }

  const std::vector<Operation>& operations() const override { return builder_.operations; }

  void run(std::size_t operation) override {
    Action& action = builder_.actions[operation];
    if (action.function) {
      action.function();
      return;
    }
    const dnnl_status_t status =
        dnnl_primitive_execute(action.primitive.get(), builder_.stream.get(),
                               static_cast<int>(action.arguments.size()), action.arguments.data());
    if (status != dnnl_success) throw std::runtime_error("oneDNN could not execute a primitive");
    dnnl_stream_wait(builder_.stream.get());
  }

  void read(int layer, Tensor tensor, std::span<float> plain) override {
    if (const Parameter* parameter = find(layer, tensor)) {
      const bool gradient = tensor == Tensor::weights_gradient || tensor == Tensor::bias_gradient;
      copy_out(gradient ? parameter->gradient : parameter->data, parameter->desc, parameter->plain, plain,
               {layer, tensor});
      return;
    }
    const Value& value = find_value(layer, tensor);
    if (value.compute) {
      const AlignedBuffer buffer(value.desc.get_size());
      value.compute(static_cast<float*>(buffer.data()));
      const memory data(value.desc, builder_.engine, buffer.data());
      copy_out(data, value.desc, plain_desc(value.dims), plain, {layer, tensor});
      return;
    }
    copy_out(value.data, value.desc, plain_desc(value.dims), plain, {layer, tensor});
  }

  void write(int layer, Tensor tensor, std::span<const float> plain) override {
    if (layer == 0 && tensor == Tensor::input) {
      copy_in(plain, plain_desc(input_.dims), input_.data, input_.desc, {layer, tensor});
      return;
    }
    const Parameter* parameter =
        tensor == Tensor::weights || tensor == Tensor::bias ? find(layer, tensor) : nullptr;
    if (parameter == nullptr) throw std::invalid_argument("this tensor of the layer cannot be written");
    copy_in(plain, parameter->plain, parameter->data, parameter->desc, {layer, tensor});
    refresh(*parameter);
  }

  double loss() const override { return builder_.loss; }

  std::span<float> parameters() override {
    return {static_cast<float*>(parameter_arena_.data()), arena_bytes_ / sizeof(float)};
  }
  std::vector<Replacement> replacements() const override { return builder_.replacements(); }
  std::span<float> gradients() override {
    if (!builder_.training()) return {};
    return {static_cast<float*>(gradient_arena_.data()), arena_bytes_ / sizeof(float)};
  }

  bool move_memory() override {
    bool moved = true;
    try {
      parameter_arena_.move();
      gradient_arena_.move();
      builder_.parameter_copies.move();
      builder_.buffers.move();
    } catch (const std::bad_alloc&) {  // no room for both: what could not be moved is where it was
      moved = false;
    }
    point_parameters();
    return moved;
  }

 private:
  /// A tensor of a layer.
  struct Where {
    int layer;
    Tensor tensor;
  };

  /// Forward part of all layers, the loss, then the backward part in reverse.
  void build() {
    input_ = builder_.make_value(to_dims(options_.batch, model_.input),
                                 plain_desc(to_dims(options_.batch, model_.input)));
    input_.kept = true;  // the same images enter every step
    input_.writable = false;

    const int layers = static_cast<int>(model_.layers.size());
    std::vector<std::unique_ptr<LayerPlan>> plans;
    Value value = input_;
    for (int i = 0; i < layers; ++i) {
      builder_.begin_layer(i);
      plans.push_back(make_plan(i));
      LayerValues& values = builder_.values[static_cast<std::size_t>(i)];
      // Plans that share work with the next layer's set what they do not make themselves, here and below.
      if (!values.input) values.input = value;
      value = plans.back()->forward(builder_, value);
      if (!values.output) values.output = value;
    }
    if (!builder_.training()) return;

    const int last = model_.loss_layer();
    builder_.begin_layer(layers);
    const bool gradient_wanted = last >= 0 && model_.layers[static_cast<std::size_t>(last)].backward;
    const Value& logits = last >= 0 ? builder_.values[static_cast<std::size_t>(last)].output : input_;
    Value gradient = add_loss(builder_, logits, gradient_wanted);
    for (int i = last; i >= 0 && gradient; --i) {
      if (!model_.layers[static_cast<std::size_t>(i)].backward) break;
      builder_.begin_layer(i);
      LayerValues& values = builder_.values[static_cast<std::size_t>(i)];
      if (!values.output_gradient) values.output_gradient = gradient;
      gradient = plans[static_cast<std::size_t>(i)]->backward(builder_, gradient);
      if (!values.input_gradient) values.input_gradient = gradient;
    }
  }

  std::unique_ptr<LayerPlan> make_plan(int index) const {
    const auto i = static_cast<std::size_t>(index);
    const ModelLayer& layer = model_.layers[i];
    if (builder_.pooled[i]) return make_nothing();
    const std::optional<TileSizes>& tiles = builder_.choices[i].winograd;
    if (!tiles) return plan_of_library(layer);
    const bool pools = i + 1 < model_.layers.size() && builder_.pooled[i + 1];
    return make_winograd_convolution(layer, *tiles, pools ? &model_.layers[i + 1] : nullptr);
  }

  void allocate_parameters() {
    constexpr std::size_t alignment = 64;
    for (Parameter& parameter : builder_.parameters) {
      parameter.offset = arena_bytes_;
      arena_bytes_ += (parameter.desc.get_size() + alignment - 1) / alignment * alignment;
    }
    builder_.parameter_copies.allocate();
    const std::array whole{std::pair{std::size_t{0}, arena_bytes_}};
    parameter_arena_ = AlignedBuffer(arena_bytes_, whole);
    if (builder_.training()) gradient_arena_ = AlignedBuffer(arena_bytes_, whole);
    point_parameters();
  }

  void point_parameters() {
    for (Parameter& parameter : builder_.parameters) {
      parameter.data.set_data_handle(static_cast<char*>(parameter_arena_.data()) + parameter.offset);
      if (builder_.training())
        parameter.gradient.set_data_handle(static_cast<char*>(gradient_arena_.data()) + parameter.offset);
    }
  }

  /// Parameters from the seed. Each plain copy lives only until it is packed.
  void fill_parameters() {
    for (const Parameter& parameter : builder_.parameters) {
      std::vector<float> plain(static_cast<std::size_t>(tensor_size(
          model_.layers[static_cast<std::size_t>(parameter.layer)], parameter.tensor, options_.batch)));
      if (parameter.tensor == Tensor::weights)
        initial_weights(model_, parameter.layer, options_.seed, plain);
      else
        initial_bias(model_, parameter.layer, options_.seed, plain);
      write(parameter.layer, parameter.tensor, plain);
    }
  }

  void fill_input() {
    std::vector<float> images(static_cast<std::size_t>(options_.batch * model_.input.size()));
    initial_input(model_, options_.batch, options_.seed, images);
    write(0, Tensor::input, images);
  }

  static void refresh(const Parameter& parameter) {
    for (const std::function<void()>& make_copy : parameter.refresh) make_copy();
  }

  const Parameter* find(int layer, Tensor tensor) const {
    const bool gradient = tensor == Tensor::weights_gradient || tensor == Tensor::bias_gradient;
    if (gradient && !builder_.training()) return nullptr;
    const Tensor base = tensor == Tensor::weights_gradient ? Tensor::weights
                        : tensor == Tensor::bias_gradient  ? Tensor::bias
                                                           : tensor;
    const auto matches = [&](const Parameter& parameter) {
      return parameter.layer == layer && parameter.tensor == base;
    };
    const auto found = std::find_if(builder_.parameters.begin(), builder_.parameters.end(), matches);
    return found == builder_.parameters.end() ? nullptr : &*found;
  }

  const Value& find_value(int layer, Tensor tensor) const {
    const LayerValues& values = builder_.values.at(static_cast<std::size_t>(layer));
    const Value* value = nullptr;
    switch (tensor) {
      case Tensor::input:
        value = &values.input;
        break;
      case Tensor::output:
        value = &values.output;
        break;
      case Tensor::mask:
        value = &values.mask;
        break;
      case Tensor::input_gradient:
        value = &values.input_gradient;
        break;
      case Tensor::output_gradient:
        value = &values.output_gradient;
        break;
      default:
        break;
    }
    if (value == nullptr || !*value) throw std::invalid_argument("the layer has no such tensor in this pass");
    return *value;
  }

  void copy_out(const memory& from, const memory::desc& layout, const memory::desc& plain_layout,
                std::span<float> plain, const Where& where) {
    check_size(plain.size(), plain_layout);
    copy(from, layout, memory(plain_layout, builder_.engine, plain.data()), plain_layout, where);
  }

  void copy_in(std::span<const float> plain, const memory::desc& plain_layout, const memory& to,
               const memory::desc& layout, const Where& where) {
    check_size(plain.size(), plain_layout);
    // The library takes sources as mutable pointers but does not write to them.
    copy(memory(plain_layout, builder_.engine, const_cast<float*>(plain.data())), plain_layout, to, layout,
         where);
  }

  void copy(const memory& from, const memory::desc& from_layout, const memory& to,
            const memory::desc& to_layout, const Where& where) {
    Reorder reorder(builder_.engine, from_layout, to_layout);
    reorder.run(builder_.stream, from, to);
    builder_.note(where.layer, std::string("copy of its ") + to_words(where.tensor), reorder);
  }

  static const char* to_words(Tensor tensor) {
    switch (tensor) {
      case Tensor::input:
        return "input";
      case Tensor::output:
        return "output";
      case Tensor::weights:
        return "weights";
      case Tensor::bias:
        return "bias";
      case Tensor::mask:
        return "mask";
      case Tensor::input_gradient:
        return "input_gradient";
      case Tensor::output_gradient:
        return "output_gradient";
      case Tensor::weights_gradient:
        return "weights_gradient";
      case Tensor::bias_gradient:
        return "bias_gradient";
    }
    return "";
  }

  static void check_size(std::size_t elements, const memory::desc& layout) {
    if (elements * sizeof(float) != layout.get_size())
      throw std::invalid_argument("a tensor of the wrong size");
  }

  Model model_;
  PrepareOptions options_;
  Variant variant_;
  Builder builder_;
  Value input_;
  std::size_t arena_bytes_ = 0;
  AlignedBuffer parameter_arena_;
  AlignedBuffer gradient_arena_;
};

}  // namespace

std::unique_ptr<Program> make_program(const Model& model, const PrepareOptions& options,
                                      const Variant& variant) {
  return std::make_unique<OneDnnProgram>(model, options, variant);
}

}  // namespace cnnbench::onednn
