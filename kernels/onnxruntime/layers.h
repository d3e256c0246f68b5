#pragma once

#include <optional>
#include <string>

#include "harness/model/model.h"
#include "kernels/onnxruntime/onnx_model.h"

namespace cnnbench::onnxruntime {

// Each layer as a small ONNX graph from "src" to "dst", in the standard's order NCHW. Its parameters are
// called "weights" and "bias". Sessions fuse what the library can fuse.

Graph graph_of(const ModelLayer& layer, const Convolution& conv, std::int64_t batch);
Graph graph_of(const ModelLayer& layer, const Dense& dense, std::int64_t batch);
Graph graph_of(const ModelLayer& layer, const Pooling& pool, std::int64_t batch);
Graph graph_of(const ModelLayer& layer, const ActivationLayer& activation, std::int64_t batch);
Graph graph_of(const ModelLayer& layer, const Standardize& standardize, std::int64_t batch);
Graph graph_of(const ModelLayer& layer, const Softmax& softmax, std::int64_t batch);
Graph graph_of(const ModelLayer& layer, const LocalResponseNormalization& lrn, std::int64_t batch);
Graph graph_of(const ModelLayer& layer, const BatchNormalization& normalization, std::int64_t batch);

/// The graph of a layer; nothing for flatten and dropout, which do nothing in inference.
std::optional<Graph> graph_of(const ModelLayer& layer, std::int64_t batch);

/// A graph with its input and output, and no nodes yet.
Graph empty_graph(const ModelLayer& layer, std::int64_t batch);

/// Appends the activation function to a graph whose last node writes "dst"; nothing for none.
void append_activation(Graph& graph, Activation activation);

/// "Relu", "Tanh", "Sigmoid".
std::string operator_name(Activation activation);

}  // namespace cnnbench::onnxruntime
