#include "kernels/onnxruntime/layers.h"

namespace cnnbench::onnxruntime {

Graph graph_of(const ModelLayer& layer, const Softmax&, std::int64_t batch) {
  Graph graph = empty_graph(layer, batch);
  graph.nodes.push_back({"Softmax", {"src"}, "dst", {{"axis", std::int64_t{1}}}});
  return graph;
}

}  // namespace cnnbench::onnxruntime
