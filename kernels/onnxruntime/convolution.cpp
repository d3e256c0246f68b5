#include "kernels/onnxruntime/layers.h"

namespace cnnbench::onnxruntime {

Graph graph_of(const ModelLayer& layer, const Convolution& conv, std::int64_t batch) {
  Graph graph = empty_graph(layer, batch);
  const Padding& padding = layer.padding;
  Node node{"Conv",
            {"src", "weights"},
            "dst",
            {{"group", conv.groups},
             {"kernel_shape", std::vector{conv.kernel.height, conv.kernel.width}},
             {"strides", std::vector{conv.stride.height, conv.stride.width}},
             {"pads", std::vector{padding.before.height, padding.before.width, padding.after.height,
                                  padding.after.width}}}};
  graph.parameters.push_back(
      {"weights", {conv.filters, layer.input.channels / conv.groups, conv.kernel.height, conv.kernel.width}});
  if (layer.biases > 0) {
    node.inputs.push_back("bias");
    graph.parameters.push_back({"bias", {layer.biases}});
  }
  graph.nodes.push_back(std::move(node));
  append_activation(graph, conv.activation);
  return graph;
}

}  // namespace cnnbench::onnxruntime
