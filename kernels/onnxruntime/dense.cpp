#include "kernels/onnxruntime/layers.h"

namespace cnnbench::onnxruntime {

/// dst = src · weightsᵀ + bias. The flattened input is the same memory seen as a matrix.
Graph graph_of(const ModelLayer& layer, const Dense& dense, std::int64_t batch) {
  Graph graph;
  graph.input = {"src", {batch, layer.input.size()}};
  graph.output = {"dst", {batch, dense.units}};
  graph.parameters.push_back({"weights", {dense.units, layer.input.size()}});
  Node node{"Gemm", {"src", "weights"}, "dst", {{"transB", std::int64_t{1}}}};
  if (layer.biases > 0) {
    node.inputs.push_back("bias");
    graph.parameters.push_back({"bias", {layer.biases}});
  }
  graph.nodes.push_back(std::move(node));
  append_activation(graph, dense.activation);
  return graph;
}

}  // namespace cnnbench::onnxruntime
