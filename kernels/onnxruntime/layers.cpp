#include "kernels/onnxruntime/layers.h"

namespace cnnbench::onnxruntime {

Graph empty_graph(const ModelLayer& layer, std::int64_t batch) {
  const auto dims = [batch](const Shape& shape) {
    return std::vector<std::int64_t>{batch, shape.channels, shape.height, shape.width};
  };
  Graph graph;
  graph.input = {"src", dims(layer.input)};
  graph.output = {"dst", dims(layer.output)};
  return graph;
}

std::optional<Graph> graph_of(const ModelLayer& layer, std::int64_t batch) {
  struct Make {
    const ModelLayer& layer;
    std::int64_t batch;
    using Made = std::optional<Graph>;
    Made operator()(const Convolution&) const { return convolution_graph(layer, batch); }
    Made operator()(const Dense&) const { return dense_graph(layer, batch); }
    Made operator()(const Pooling&) const { return pooling_graph(layer, batch); }
    Made operator()(const ActivationLayer&) const { return activation_graph(layer, batch); }
    Made operator()(const Standardize&) const { return standardize_graph(layer, batch); }
    Made operator()(const Dropout&) const { return std::nullopt; }
    Made operator()(const Flatten&) const { return std::nullopt; }
    Made operator()(const Softmax&) const { return softmax_graph(layer, batch); }
    Made operator()(const LocalResponseNormalization&) const { return lrn_graph(layer, batch); }
    Made operator()(const BatchNormalization&) const { return batch_normalization_graph(layer, batch); }
  };
  return std::visit(Make{layer, batch}, layer.kind);
}

}  // namespace cnnbench::onnxruntime
