#include "kernels/onnxruntime/program.h"

#include <array>

#include "harness/backend/tuner.h"
#include "kernels/common/buffer_plan.h"
#include "kernels/common/built_program.h"
#include "kernels/onnxruntime/layers.h"
#include "kernels/onnxruntime/session.h"

namespace cnnbench::onnxruntime {
namespace {

/// One layer's graph, nothing where it does nothing, and the buffers of its activations, in NCHW order.
struct LayerPlace {
  int src = 0;
  int dst = 0;
  std::optional<Graph> graph;
};

std::string implementation_of(const Graph& graph, bool choice, bool layouts) {
  std::string name;
  for (const Node& node : graph.nodes) name += (name.empty() ? "" : "+") + node.type;
  return choice ? name + (layouts ? ", layouts on" : ", layouts off") : name;
}

/// The threads that first write to memory are the library's, not ours.
const common::ParallelFor untouched;

void on_this_thread(std::int64_t count, const common::LoopBody& body) {
  body(0, count);
}

class OnnxRuntimeProgram final : public common::BuiltProgram<common::BuilderBase> {
 public:
  OnnxRuntimeProgram(const Model& model, const PrepareOptions& options)
      : BuiltProgram(model, options, common::ParameterArena(on_this_thread)),
        environment_(environment(options.threads)) {
    for (std::size_t i = 0; i < model_.layers.size(); ++i) add_layer(static_cast<int>(i));
    builder_.arena.allocate(false);
    buffers_.allocate(builder_.operations);
    fill_input();
    fill_parameters();
    for (std::size_t i = 0; i < builder_.operations.size(); ++i) choose(i);
  }

  void run(std::size_t operation) override {
    try {
      sessions_[operation].session->run();
    } catch (const Ort::Exception& error) {
      throw std::runtime_error(std::string("onnxruntime: ") + error.what());
    }
  }

 private:
  std::size_t bytes(const Shape& shape) const {
    return static_cast<std::size_t>(options_.batch * shape.size()) * sizeof(float);
  }

  void add_layer(int index) {
    const ModelLayer& layer = layer_at(index);
    LayerPlace place;
    place.graph = graph_of(layer, options_.batch);
    // The images enter every step.
    place.src = place.dst = index == 0 ? buffers_.dedicate(bytes(layer.input)) : places_.back().dst;
    if (place.graph) {
      place.dst = buffers_.add(bytes(layer.output));
      for (const int buffer : {place.src, place.dst}) buffers_.use(buffer, builder_.operations.size());
      builder_.operations.push_back({index, Direction::forward, "", "nchw"});
    }
    builder_.arena.add(index, Tensor::weights, static_cast<std::size_t>(layer.weights));
    builder_.arena.add(index, Tensor::bias, static_cast<std::size_t>(layer.biases));
    places_.push_back(std::move(place));
  }

  /// The session of an operation. Only a convolution is worth a reorder of its own input and output.
  void choose(std::size_t operation) {
    const int index = builder_.operations[operation].layer;
    const bool has_choice = std::holds_alternative<Convolution>(layer_at(index).kind);
    const bool layouts = !has_choice || layouts_are_faster(index);
    sessions_.push_back({make_session(index, layouts), layouts});
    // Once now: the library allocates its scratch memory, and the next layer's candidates have real data.
    sessions_.back().session->run();
    builder_.operations[operation].implementation =
        implementation_of(*place_at(index).graph, has_choice, layouts);
  }

  const LayerPlace& place_at(int layer) const { return places_.at(static_cast<std::size_t>(layer)); }
  float* data(int buffer) const { return static_cast<float*>(buffers_.data(buffer)); }

  bool layouts_are_faster(int index) {
    const auto candidate = [&](const std::string& name, bool layouts) {
      return Candidate{name, [this, index, layouts] {
                         const std::shared_ptr<GraphSession> session = make_session(index, layouts);
                         return [session] { session->run(); };
                       }};
    };
    const std::array candidates{candidate("layouts on", true), candidate("layouts off", false)};
    return fastest(options_, in_words(layer_at(index)), candidates) == 0;
  }

  std::unique_ptr<GraphSession> make_session(int layer, bool layouts) {
    const LayerPlace& place = place_at(layer);
    std::vector<float*> parameters;
    for (const TensorInfo& parameter : place.graph->parameters) {
      const Tensor tensor = parameter.name == "weights" ? Tensor::weights : Tensor::bias;
      parameters.push_back(builder_.arena.find(layer, tensor).data());
    }
    return std::make_unique<GraphSession>(environment_, *place.graph, parameters, data(place.src),
                                          data(place.dst), layouts);
  }

  std::span<float> plain_array(int layer, Tensor tensor) override {
    if (common::is_parameter(tensor)) return builder_.arena.find(layer, tensor);
    const bool input = tensor == Tensor::input;
    const ModelLayer& shape = layer_at(layer);
    return {data(input ? place_at(layer).src : place_at(layer).dst),
            static_cast<std::size_t>(tensor_size(shape, tensor, options_.batch))};
  }

  /// The library may have packed a copy of its own.
  void repack(int layer, Tensor) override {
    for (std::size_t i = 0; i < sessions_.size(); ++i)
      if (builder_.operations[i].layer == layer)
        sessions_[i].session = make_session(layer, sessions_[i].layouts);
  }

  std::shared_ptr<Ort::Env> environment_;
  common::BufferPlan buffers_{untouched};
  std::vector<LayerPlace> places_;
  std::vector<Chosen> sessions_;  ///< one an operation
};

}  // namespace

std::unique_ptr<Program> make_program(const Model& model, const PrepareOptions& options) {
  return std::make_unique<OnnxRuntimeProgram>(model, options);
}

}  // namespace cnnbench::onnxruntime
