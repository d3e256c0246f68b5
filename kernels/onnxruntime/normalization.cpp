#include "kernels/onnxruntime/layers.h"

namespace cnnbench::onnxruntime {

Graph graph_of(const ModelLayer& layer, const LocalResponseNormalization&, std::int64_t batch) {
  using Lrn = LocalResponseNormalization;
  Graph graph = empty_graph(layer, batch);
  // The standard divides α by the window, too.
  graph.nodes.push_back({"LRN",
                         {"src"},
                         "dst",
                         {{"size", Lrn::window},
                          {"alpha", static_cast<float>(Lrn::alpha)},
                          {"beta", static_cast<float>(Lrn::beta)},
                          {"bias", static_cast<float>(Lrn::k)}}});
  return graph;
}

Graph graph_of(const ModelLayer& layer, const BatchNormalization&, std::int64_t batch) {
  const std::int64_t channels = layer.input.channels;
  const auto count = static_cast<std::size_t>(channels);
  Graph graph = empty_graph(layer, batch);
  graph.parameters = {{"weights", {channels}}, {"bias", {channels}}};
  // The stored statistics of a network that was never trained.
  graph.constants.push_back({{"mean", {channels}}, std::vector<float>(count, 0.0F)});
  graph.constants.push_back({{"variance", {channels}}, std::vector<float>(count, 1.0F)});
  graph.nodes.push_back({"BatchNormalization",
                         {"src", "weights", "bias", "mean", "variance"},
                         "dst",
                         {{"epsilon", static_cast<float>(BatchNormalization::epsilon)}}});
  return graph;
}

}  // namespace cnnbench::onnxruntime
