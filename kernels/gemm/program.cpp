#include "kernels/gemm/program.h"

#include <omp.h>

#include <algorithm>
#include <stdexcept>

#include "harness/backend/initial_values.h"
#include "kernels/gemm/builder.h"

namespace cnnbench::gemm {
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

class GemmProgram final : public Program {
 public:
  GemmProgram(const Model& model, const PrepareOptions& options, const Library& library)
      : model_(model), options_(options), builder_(model_, options_, library) {
    if (options.batch < 1) throw std::runtime_error("the batch must be positive");
    // Of our own loops, and of the library where that has another pool or reads its number once.
    omp_set_num_threads(options.threads);
    library.set_threads(options.threads);
    build();
    builder_.allocate();
    fill();
  }

  const std::vector<Operation>& operations() const override { return builder_.operations; }
  void run(std::size_t operation) override { builder_.actions.at(operation)(); }

  void read(int layer, Tensor tensor, std::span<float> plain) override {
    const std::span<const float> found = find(layer, tensor);
    if (found.empty()) throw std::invalid_argument("the layer has no such tensor in this pass");
    if (found.size() != plain.size()) throw std::invalid_argument("a tensor of the wrong size");
    std::copy(found.begin(), found.end(), plain.begin());
  }

  void write(int layer, Tensor tensor, std::span<const float> plain) override {
    const bool writable =
        tensor == Tensor::weights || tensor == Tensor::bias || (tensor == Tensor::input && layer == 0);
    const std::span<float> found = writable ? find(layer, tensor) : std::span<float>();
    if (found.empty()) throw std::invalid_argument("this tensor of the layer cannot be written");
    if (found.size() != plain.size()) throw std::invalid_argument("a tensor of the wrong size");
    std::copy(plain.begin(), plain.end(), found.begin());
  }

  double loss() const override { return builder_.loss; }

  std::span<float> parameters() override {
    return {builder_.parameter_arena.data(), static_cast<std::size_t>(builder_.arena_elements)};
  }
  std::span<float> gradients() override {
    if (!builder_.training()) return {};
    return {builder_.gradient_arena.data(), static_cast<std::size_t>(builder_.arena_elements)};
  }

 private:
  const ModelLayer& layer_at(int index) const { return model_.layers.at(static_cast<std::size_t>(index)); }
  LayerValues& values_of(int index) { return builder_.values.at(static_cast<std::size_t>(index)); }

  /// Forward part of all layers, the loss, then the backward part in reverse.
  void build() {
    const std::int64_t elements = options_.batch * model_.input.size();
    // The same images enter every step.
    Value value{builder_.buffers.dedicate(elements), elements, false};
    const Value input = value;

    const int layers = static_cast<int>(model_.layers.size());
    for (int i = 0; i < layers; ++i) {
      builder_.begin_layer(i);
      plans_.push_back(make_plan(layer_at(i)));
      values_of(i).input = value;
      value = plans_.back()->forward(builder_, value);
      values_of(i).output = value;
    }
    if (!builder_.training()) return;

    const int last = model_.loss_layer();
    builder_.begin_layer(layers);
    const bool gradient_wanted = last >= 0 && layer_at(last).backward;
    Value gradient = add_loss(builder_, last >= 0 ? values_of(last).output : input, gradient_wanted);
    for (int i = last; i >= 0 && gradient; --i) {
      if (!layer_at(i).backward) break;
      builder_.begin_layer(i);
      values_of(i).output_gradient = gradient;
      gradient = plans_[static_cast<std::size_t>(i)]->backward(builder_, gradient);
      values_of(i).input_gradient = gradient;
    }
  }

  /// Parameters and input from the seed.
  void fill() {
    for (int i = 0; i < static_cast<int>(model_.layers.size()); ++i) {
      if (const auto weights = find(i, Tensor::weights); !weights.empty())
        initial_weights(model_, i, options_.seed, weights);
      if (const auto bias = find(i, Tensor::bias); !bias.empty())
        initial_bias(model_, i, options_.seed, bias);
    }
    initial_input(model_, options_.batch, options_.seed, find(0, Tensor::input));
  }

  /// The memory of a tensor, empty where there is none.
  std::span<float> find(int layer, Tensor tensor) {
    const LayerValues& values = values_of(layer);
    const auto of_value = [&](const Value& value) -> std::span<float> {
      if (!value) return {};
      return {builder_.data(value), static_cast<std::size_t>(value.elements)};
    };
    const auto of_parameter = [&](float* data) -> std::span<float> {
      if (data == nullptr) return {};
      return {data, static_cast<std::size_t>(tensor_size(layer_at(layer), tensor, options_.batch))};
    };
    const bool training = builder_.training();
    switch (tensor) {
      case Tensor::input:
        return of_value(values.input);
      case Tensor::output:
        return of_value(values.output);
      case Tensor::weights:
        return of_parameter(builder_.parameters(layer).weights);
      case Tensor::bias:
        return of_parameter(builder_.parameters(layer).bias);
      case Tensor::mask:
        return of_value(values.mask);
      case Tensor::input_gradient:
        return of_value(values.input_gradient);
      case Tensor::output_gradient:
        return of_value(values.output_gradient);
      case Tensor::weights_gradient:
        return training ? of_parameter(builder_.gradients(layer).weights) : std::span<float>();
      case Tensor::bias_gradient:
        return training ? of_parameter(builder_.gradients(layer).bias) : std::span<float>();
    }
    return {};
  }

  Model model_;
  PrepareOptions options_;
  Builder builder_;
  std::vector<std::unique_ptr<LayerPlan>> plans_;
};

}  // namespace

std::unique_ptr<Program> make_program(const Model& model, const PrepareOptions& options,
                                      const Library& library) {
  return std::make_unique<GemmProgram>(model, options, library);
}

}  // namespace cnnbench::gemm
