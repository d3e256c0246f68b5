#pragma once

#include <cstdint>
#include <string_view>

#include "harness/model/model.h"

namespace cnnbench {

/// Which part of the work an operation belongs to.
enum class Direction { forward, backward_data, backward_weights, reorder };

/// "forward", "backward_data", "backward_weights", "reorder".
std::string_view to_string(Direction direction);

/// Floating-point operations of one pass of a layer over `batch` images. The convention, the same for every
/// backend: 2 per multiply-add; convolutions and dense layers only; every kept output counted with its full
/// filter, padded taps too; backward data and backward weights count the same as forward, the first layer
/// with parameters has no backward data. Everything else, and reorders: 0.
std::int64_t flops(const ModelLayer& layer, Direction direction, std::int64_t batch);

/// Bytes moved by one pass of a layer over `batch` images. The convention: each input and each parameter read
/// once, each output written once, 4 bytes an element.
///   forward           reads input, parameters; writes output
///   backward data     reads the output's gradient and what the rule needs (weights; or the layer's input or
///   output for
///                     pooling, activations and normalisation); writes the input's gradient
///   backward weights  reads input and the output's gradient; writes the parameters' gradients
/// Flatten moves nothing, and reorders are not counted (0): they are a backend's own cost.
std::int64_t bytes(const ModelLayer& layer, Direction direction, std::int64_t batch);

/// True where the direction exists for this layer (forward always does, even where it costs nothing).
bool has_direction(const ModelLayer& layer, Direction direction);

/// Memory that the plain tensors of one pass need on one rank, in bytes: parameters (with gradients in
/// training) and activations (the two largest neighbours: values in inference, gradients in training, which
/// keeps all values beside them). Backends need somewhat more for packing and scratch.
double memory_bytes(const Model& model, bool training, std::int64_t batch);

}  // namespace cnnbench
