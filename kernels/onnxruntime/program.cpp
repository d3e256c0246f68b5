#include "kernels/onnxruntime/program.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "harness/backend/initial_values.h"
#include "harness/backend/tuner.h"
#include "kernels/onnxruntime/buffer.h"
#include "kernels/onnxruntime/layers.h"
#include "kernels/onnxruntime/session.h"

namespace cnnbench::onnxruntime {
namespace {

/// Where one layer's tensors lie: activations in NCHW order in `buffers_`, parameters in the arena.
struct LayerPlace {
  std::size_t src = 0;
  std::size_t dst = 0;
  std::size_t weights = 0;  ///< offset into the arena, in floats
  std::size_t bias = 0;
  std::optional<Graph> graph;
};

std::string implementation_of(const Graph& graph, bool choice, bool layouts) {
  std::string name;
  for (const Node& node : graph.nodes) name += (name.empty() ? "" : "+") + node.type;
  return choice ? name + (layouts ? ", layouts on" : ", layouts off") : name;
}

class OnnxRuntimeProgram final : public Program {
 public:
  OnnxRuntimeProgram(const Model& model, const PrepareOptions& options)
      : model_(model), options_(options), environment_(environment(options.threads)) {
    place();
    std::vector<float> images(static_cast<std::size_t>(options_.batch * model_.input.size()));
    initial_input(model_, options_.batch, options_.seed, images);
    write(0, Tensor::input, images);
    for (int i = 0; i < static_cast<int>(places_.size()); ++i) {
      initial_weights(model_, i, options_.seed, find(i, Tensor::weights));
      initial_bias(model_, i, options_.seed, find(i, Tensor::bias));
    }
    for (std::size_t i = 0; i < places_.size(); ++i) add_operation(i);
  }

  const std::vector<Operation>& operations() const override { return operations_; }

  void run(std::size_t operation) override {
    try {
      sessions_[operation].session->run();
    } catch (const Ort::Exception& error) {
      throw std::runtime_error(std::string("onnxruntime: ") + error.what());
    }
  }

  void read(int layer, Tensor tensor, std::span<float> plain) override {
    const std::span<float> values = find(layer, tensor);
    if (values.empty()) throw std::invalid_argument("the layer has no such tensor in this pass");
    if (values.size() != plain.size()) throw std::invalid_argument("a tensor of the wrong size");
    std::copy(values.begin(), values.end(), plain.begin());
  }

  void write(int layer, Tensor tensor, std::span<const float> plain) override {
    const bool parameter = tensor == Tensor::weights || tensor == Tensor::bias;
    const bool writable = parameter || (layer == 0 && tensor == Tensor::input);
    const std::span<float> values = writable ? find(layer, tensor) : std::span<float>();
    if (values.empty()) throw std::invalid_argument("this tensor of the layer cannot be written");
    if (values.size() != plain.size()) throw std::invalid_argument("a tensor of the wrong size");
    std::copy(plain.begin(), plain.end(), values.begin());
    if (!parameter) return;
    // The library may have packed a copy of its own.
    for (std::size_t i = 0; i < operations_.size(); ++i)
      if (operations_[i].layer == layer)
        sessions_[i].session = make_session(static_cast<std::size_t>(layer), sessions_[i].layouts);
  }

  double loss() const override { return 0; }
  std::span<float> parameters() override { return {arena_.data(), arena_size_}; }
  std::span<float> gradients() override { return {}; }

 private:
  /// Three buffers: the images, which enter every step, and two that the layers write in turn.
  void place() {
    std::size_t sizes[3] = {static_cast<std::size_t>(options_.batch * model_.input.size()), 0, 0};
    std::size_t current = 0;
    const auto reserve = [&](std::int64_t count) {
      constexpr std::size_t alignment = 64 / sizeof(float);
      const std::size_t offset = arena_size_;
      arena_size_ += (static_cast<std::size_t>(count) + alignment - 1) / alignment * alignment;
      return offset;
    };
    for (const ModelLayer& layer : model_.layers) {
      LayerPlace place;
      place.graph = graph_of(layer, options_.batch);
      place.src = current;
      if (place.graph) {
        current = current == 1 ? 2 : 1;
        sizes[current] =
            std::max(sizes[current], static_cast<std::size_t>(options_.batch * layer.output.size()));
      }
      place.dst = current;
      place.weights = reserve(layer.weights);
      place.bias = reserve(layer.biases);
      places_.push_back(std::move(place));
    }
    for (const std::size_t size : sizes) buffers_.emplace_back(size);
    arena_ = Buffer(arena_size_);
    std::fill_n(arena_.data(), arena_size_, 0.0F);
  }

  void add_operation(std::size_t index) {
    if (!places_[index].graph) return;
    const bool layouts = !has_choice(index) || layouts_are_faster(index);
    sessions_.push_back({make_session(index, layouts), layouts});
    // Once now: the library allocates its scratch memory, and the next layer's candidates have real data.
    sessions_.back().session->run();
    operations_.push_back(
        {static_cast<int>(index), Direction::forward,
         implementation_of(*places_[index].graph, has_choice(index), sessions_.back().layouts), 1, "nchw"});
  }

  /// Only a convolution is worth a reorder of its own input and output.
  bool has_choice(std::size_t index) const {
    return std::holds_alternative<Convolution>(model_.layers[index].kind);
  }

  bool layouts_are_faster(std::size_t index) {
    const auto candidate = [&](const std::string& name, bool layouts) {
      return Candidate{name, [this, index, layouts] {
                         const std::shared_ptr<GraphSession> session = make_session(index, layouts);
                         return [session] { session->run(); };
                       }};
    };
    const std::array candidates{candidate("layouts on", true), candidate("layouts off", false)};
    return fastest(options_, in_words(model_.layers[index]), candidates) == 0;
  }

  std::unique_ptr<GraphSession> make_session(std::size_t index, bool layouts) {
    const LayerPlace& place = places_[index];
    std::vector<float*> parameters;
    for (const TensorInfo& parameter : place.graph->parameters)
      parameters.push_back(arena_.data() + (parameter.name == "weights" ? place.weights : place.bias));
    return std::make_unique<GraphSession>(environment_, *place.graph, parameters, buffers_[place.src].data(),
                                          buffers_[place.dst].data(), layouts);
  }

  /// The tensor's memory; empty where there is none.
  std::span<float> find(int layer, Tensor tensor) {
    const ModelLayer& shape = model_.layers.at(static_cast<std::size_t>(layer));
    const LayerPlace& place = places_[static_cast<std::size_t>(layer)];
    const auto batch = static_cast<std::size_t>(options_.batch);
    switch (tensor) {
      case Tensor::input:
        return {buffers_[place.src].data(), batch * static_cast<std::size_t>(shape.input.size())};
      case Tensor::output:
        return {buffers_[place.dst].data(), batch * static_cast<std::size_t>(shape.output.size())};
      case Tensor::weights:
        return {arena_.data() + place.weights, static_cast<std::size_t>(shape.weights)};
      case Tensor::bias:
        return {arena_.data() + place.bias, static_cast<std::size_t>(shape.biases)};
      default:
        return {};
    }
  }

  Model model_;
  PrepareOptions options_;
  std::shared_ptr<Ort::Env> environment_;
  std::vector<LayerPlace> places_;
  std::vector<Buffer> buffers_;
  std::size_t arena_size_ = 0;
  Buffer arena_;
  std::vector<Operation> operations_;
  std::vector<Chosen> sessions_;  ///< one an operation
};

}  // namespace

std::unique_ptr<Program> make_program(const Model& model, const PrepareOptions& options) {
  return std::make_unique<OnnxRuntimeProgram>(model, options);
}

}  // namespace cnnbench::onnxruntime
