#include "kernels/common/window.h"

#include "kernels/onnxruntime/layers.h"

namespace cnnbench::onnxruntime {

/// A kept border is padding after the image, which neither operator counts; a dropped one is negative in the
/// model, and the operators drop it by rounding down.
Graph graph_of(const ModelLayer& layer, const Pooling& pool, std::int64_t batch) {
  const Padding padding = common::added_padding(layer.padding);
  const bool max = pool.pool == PoolKind::max;
  Graph graph = empty_graph(layer, batch);
  Node node{max ? "MaxPool" : "AveragePool",
            {"src"},
            "dst",
            {{"kernel_shape", std::vector{pool.kernel.height, pool.kernel.width}},
             {"strides", std::vector{pool.stride.height, pool.stride.width}},
             {"pads", std::vector{padding.before.height, padding.before.width, padding.after.height,
                                  padding.after.width}}}};
  if (!max) node.attributes.push_back({"count_include_pad", std::int64_t{0}});
  graph.nodes.push_back(std::move(node));
  return graph;
}

}  // namespace cnnbench::onnxruntime
