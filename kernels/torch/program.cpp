#include "kernels/torch/program.h"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <new>
#include <stdexcept>

#include "harness/backend/initial_values.h"
#include "kernels/torch/buffers.h"
#include "kernels/torch/builder.h"
#include "kernels/torch/runtime.h"

namespace cnnbench::torch {
namespace {

std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer) {
  struct Make {
    const ModelLayer& layer;
    std::unique_ptr<LayerPlan> operator()(const Convolution&) const { return make_convolution(layer); }
    std::unique_ptr<LayerPlan> operator()(const Dense&) const { return make_dense(layer); }
    std::unique_ptr<LayerPlan> operator()(const Pooling&) const { return make_pooling(layer); }
    std::unique_ptr<LayerPlan> operator()(const ActivationLayer&) const { return make_activation(layer); }
    std::unique_ptr<LayerPlan> operator()(const Standardize&) const { return make_standardize(layer); }
    std::unique_ptr<LayerPlan> operator()(const Dropout&) const { return make_dropout(layer); }
    std::unique_ptr<LayerPlan> operator()(const Flatten&) const { return make_flatten(layer); }
    std::unique_ptr<LayerPlan> operator()(const Softmax&) const { return make_softmax(layer); }
    std::unique_ptr<LayerPlan> operator()(const LocalResponseNormalization&) const { return make_lrn(layer); }
    std::unique_ptr<LayerPlan> operator()(const BatchNormalization&) const {
      return make_batch_normalization(layer);
    }
  };
  return std::visit(Make{layer}, layer.kind);
}

/// Runs a function below autograd; the library's exceptions become ours, without their backtraces.
template <typename Function>
auto guarded(Function function) {
  try {
    const c10::InferenceMode below_autograd;
    return function();
  } catch (const c10::Error& error) {
    const std::string message = error.what_without_backtrace();
    throw std::runtime_error("torch: " + message.substr(0, message.find('\n')));
  }
}

/// Destroyed after everything that gives its memory back.
struct TrimAtTheEnd {
  TrimAtTheEnd() = default;
  TrimAtTheEnd(const TrimAtTheEnd&) = delete;
  TrimAtTheEnd& operator=(const TrimAtTheEnd&) = delete;
  ~TrimAtTheEnd() { trim_memory(); }
};

class TorchProgram final : public Program {
 public:
  TorchProgram(const Model& model, const PrepareOptions& options, const Setting& setting)
      : model_(model), options_(options), setting_(setting), builder_(model_, options_, setting_) {
    cache_memory();
    set_threads(options.threads);
    guarded([this] {
      build();
      builder_.plan_releases();
      allocate_parameters();
      fill_parameters();
      fill_input();
    });
    trim_memory();  // what the packing left
  }

  const std::vector<Operation>& operations() const override { return builder_.operations; }

  void run(std::size_t operation) override {
    Action& action = builder_.actions[operation];
    guarded([&action] {
      // What nobody needs any more, and the tensors of the step before, go first, so that the new ones take
      // their memory.
      for (Value* value : action.releases) value->data.reset();
      for (Value* value : action.writes) value->data.reset();
      action.function();
    });
  }

  void read(int layer, Tensor tensor, std::span<float> plain) override {
    guarded([&] {
      const at::Tensor found = find(layer, tensor);
      check_size(plain.size(), found);
      at::from_blob(plain.data(), found.sizes()).copy_(found.is_mkldnn() ? found.to_dense() : found);
    });
  }

  void write(int layer, Tensor tensor, std::span<const float> plain) override {
    const bool parameter = tensor == Tensor::weights || tensor == Tensor::bias;
    if (!parameter && !(layer == 0 && tensor == Tensor::input))
      throw std::invalid_argument("this tensor of the layer cannot be written");
    guarded([&] {
      at::Tensor to = find(layer, tensor);
      check_size(plain.size(), to);
      // The library wants mutable memory but only reads it.
      to.copy_(at::from_blob(const_cast<float*>(plain.data()), to.sizes()));
      if (!parameter) return;
      const Parameter* const written = find_parameter(layer, tensor);
      if (written->pack) written->pack();
    });
  }

  double loss() const override { return builder_.loss; }
  std::span<float> parameters() override { return span_of(parameter_arena_); }
  std::span<float> gradients() override { return span_of(gradient_arena_); }

 private:
  /// Forward part of all layers, the loss, then the backward part in reverse.
  void build() {
    const Sizes dims = to_dims(options_.batch, model_.input);
    // Images come as a user would give them to a network of this setting.
    const Layout layout = setting_.layout == Layout::channels_last ? Layout::channels_last : Layout::plain;
    input_ = builder_.make_value(dims, layout);
    input_->kept = true;

    const int layers = static_cast<int>(model_.layers.size());
    Value* value = input_;
    for (int i = 0; i < layers; ++i) {
      builder_.begin_layer(i);
      plans_.push_back(make_plan(model_.layers[static_cast<std::size_t>(i)]));
      LayerValues& values = builder_.values[static_cast<std::size_t>(i)];
      values.input = value;
      value = plans_.back()->forward(builder_, value);
      values.output = value;
    }
    if (!builder_.training()) return;

    const int last = model_.loss_layer();
    builder_.begin_layer(layers);
    const bool gradient_wanted = last >= 0 && model_.layers[static_cast<std::size_t>(last)].backward;
    Value* const logits = last >= 0 ? builder_.values[static_cast<std::size_t>(last)].output : input_;
    Value* gradient = add_loss(builder_, logits, gradient_wanted);
    for (int i = last; i >= 0 && gradient != nullptr; --i) {
      if (!model_.layers[static_cast<std::size_t>(i)].backward) break;
      builder_.begin_layer(i);
      LayerValues& values = builder_.values[static_cast<std::size_t>(i)];
      values.output_gradient = gradient;
      gradient = plans_[static_cast<std::size_t>(i)]->backward(builder_, gradient);
      values.input_gradient = gradient;
    }
  }

  void allocate_parameters() {
    constexpr std::int64_t alignment = 16;  // 64 bytes
    std::int64_t elements = 0;
    for (Parameter& parameter : builder_.parameters) {
      parameter.offset = elements;
      std::int64_t count = 1;
      for (const std::int64_t dim : parameter.dims) count *= dim;
      elements += (count + alignment - 1) / alignment * alignment;
    }
    parameter_arena_ = at::zeros({elements}, at::kFloat);
    if (builder_.training()) gradient_arena_ = at::zeros({elements}, at::kFloat);
    for (Parameter& parameter : builder_.parameters) {
      parameter.data = view(parameter_arena_, parameter);
      if (builder_.training()) parameter.gradient = view(gradient_arena_, parameter);
    }
  }

  static at::Tensor view(const at::Tensor& arena, const Parameter& parameter) {
    Sizes strides(parameter.dims.size(), 1);
    if (parameter.layout == Layout::channels_last) {
      const Sizes& d = parameter.dims;
      strides = {d[1] * d[2] * d[3], 1, d[3] * d[1], d[1]};
    } else {
      for (std::size_t i = strides.size() - 1; i > 0; --i) strides[i - 1] = strides[i] * parameter.dims[i];
    }
    return arena.as_strided(parameter.dims, strides, parameter.offset);
  }

  /// Parameters from the seed. Each plain copy lives only until it is packed.
  void fill_parameters() {
    for (const Parameter& parameter : builder_.parameters) {
      std::vector<float> plain(static_cast<std::size_t>(parameter.data.numel()));
      if (parameter.tensor == Tensor::weights)
        initial_weights(model_, parameter.layer, options_.seed, plain);
      else
        initial_bias(model_, parameter.layer, options_.seed, plain);
      write(parameter.layer, parameter.tensor, plain);
    }
  }

  void fill_input() {
    input_->data = at::empty(input_->dims, at::TensorOptions(at::kFloat), memory_format(input_->layout));
    std::vector<float> images(static_cast<std::size_t>(options_.batch * model_.input.size()));
    initial_input(model_, options_.batch, options_.seed, images);
    write(0, Tensor::input, images);
  }

  const Parameter* find_parameter(int layer, Tensor tensor) const {
    const auto matches = [&](const Parameter& parameter) {
      return parameter.layer == layer && parameter.tensor == tensor;
    };
    const auto found = std::find_if(builder_.parameters.begin(), builder_.parameters.end(), matches);
    if (found == builder_.parameters.end()) throw std::invalid_argument("the layer has no such parameters");
    return &*found;
  }

  at::Tensor find(int layer, Tensor tensor) const {
    const LayerValues& values = builder_.values.at(static_cast<std::size_t>(layer));
    const Value* value = nullptr;
    at::Tensor found;
    switch (tensor) {
      case Tensor::weights:
      case Tensor::bias:
        return find_parameter(layer, tensor)->data;
      case Tensor::weights_gradient:
        found = find_parameter(layer, Tensor::weights)->gradient;
        break;
      case Tensor::bias_gradient:
        found = find_parameter(layer, Tensor::bias)->gradient;
        break;
      case Tensor::input:
        value = values.input;
        break;
      case Tensor::output:
        value = values.output;
        break;
      case Tensor::mask:
        value = values.mask;
        break;
      case Tensor::input_gradient:
        value = values.input_gradient;
        break;
      case Tensor::output_gradient:
        value = values.output_gradient;
        break;
    }
    if (value != nullptr) found = value->tensor();
    if (!found.defined()) throw std::invalid_argument("the layer has no such tensor in this pass");
    return found;
  }

  static void check_size(std::size_t elements, const at::Tensor& tensor) {
    if (static_cast<std::int64_t>(elements) != tensor.numel())
      throw std::invalid_argument("a tensor of the wrong size");
  }

  static std::span<float> span_of(const at::Tensor& arena) {
    if (!arena.defined()) return {};
    return {arena.data_ptr<float>(), static_cast<std::size_t>(arena.numel())};
  }

  TrimAtTheEnd trim_;
  Model model_;
  PrepareOptions options_;
  Setting setting_;
  Builder builder_;
  std::vector<std::unique_ptr<LayerPlan>> plans_;  ///< actions refer to them
  Value* input_ = nullptr;
  at::Tensor parameter_arena_;
  at::Tensor gradient_arena_;
};

}  // namespace

std::unique_ptr<Program> make_program(const Model& model, const PrepareOptions& options,
                                      const Setting& setting) {
  return std::make_unique<TorchProgram>(model, options, setting);
}

}  // namespace cnnbench::torch
