#include "kernels/onnxruntime/layers.h"

namespace cnnbench::onnxruntime {

std::string operator_name(Activation activation) {
  switch (activation) {
    case Activation::relu:
      return "Relu";
    case Activation::tanh:
      return "Tanh";
    case Activation::sigmoid:
      return "Sigmoid";
    case Activation::none:
      break;
  }
  return "Identity";
}

void append_activation(Graph& graph, Activation activation) {
  if (activation == Activation::none) return;
  graph.nodes.back().output = "sum";
  graph.nodes.push_back({operator_name(activation), {"sum"}, "dst"});
}

Graph activation_graph(const ModelLayer& layer, std::int64_t batch) {
  Graph graph = empty_graph(layer, batch);
  graph.nodes.push_back({operator_name(std::get<ActivationLayer>(layer.kind).function), {"src"}, "dst"});
  return graph;
}

Graph standardize_graph(const ModelLayer& layer, std::int64_t batch) {
  const auto& standardize = std::get<Standardize>(layer.kind);
  Graph graph = empty_graph(layer, batch);
  graph.constants.push_back({{"mean", {1}}, {static_cast<float>(standardize.mean)}});
  graph.constants.push_back({{"sd", {1}}, {static_cast<float>(standardize.sd)}});
  graph.nodes.push_back({"Sub", {"src", "mean"}, "difference"});
  graph.nodes.push_back({"Div", {"difference", "sd"}, "dst"});
  return graph;
}

}  // namespace cnnbench::onnxruntime
