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

Graph graph_of(const ModelLayer& layer, const ActivationLayer& activation, std::int64_t batch) {
  Graph graph = empty_graph(layer, batch);
  graph.nodes.push_back({operator_name(activation.function), {"src"}, "dst"});
  return graph;
}

Graph graph_of(const ModelLayer& layer, const Standardize& standardize, std::int64_t batch) {
  Graph graph = empty_graph(layer, batch);
  graph.constants.push_back({{"mean", {1}}, {static_cast<float>(standardize.mean)}});
  graph.constants.push_back({{"sd", {1}}, {static_cast<float>(standardize.sd)}});
  graph.nodes.push_back({"Sub", {"src", "mean"}, "difference"});
  graph.nodes.push_back({"Div", {"difference", "sd"}, "dst"});
  return graph;
}

}  // namespace cnnbench::onnxruntime
