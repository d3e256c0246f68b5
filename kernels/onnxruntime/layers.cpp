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

namespace {

// Nothing in inference.
std::nullopt_t graph_of(const ModelLayer&, const Flatten&, std::int64_t) {
  return std::nullopt;
}
std::nullopt_t graph_of(const ModelLayer&, const Dropout&, std::int64_t) {
  return std::nullopt;
}

}  // namespace

std::optional<Graph> graph_of(const ModelLayer& layer, std::int64_t batch) {
  return std::visit([&](const auto& kind) -> std::optional<Graph> { return graph_of(layer, kind, batch); },
                    layer.kind);
}

}  // namespace cnnbench::onnxruntime
