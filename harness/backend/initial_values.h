#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "harness/backend/backend.h"

namespace cnnbench {

/// Values from the seed, tensor by tensor: the same on every rank and backend, made again when needed, so
/// that no plain copy of the weights has to stay in memory.

/// Weights of a layer in plain order: uniform in ±√(6 / (fan_in + fan_out)) (Glorot & Bengio 2010); batch
/// norm scales uniform in [0.5, 1.5).
void initial_weights(const Model& model, int layer, std::uint64_t seed, std::span<float> plain);

/// Biases all at the layer's bias_init; where it has none uniform in ±0.1: not zero, so that verification
/// sees a bias that was left out.
void initial_bias(const Model& model, int layer, std::uint64_t seed, std::span<float> plain);

/// Images N(0, 0.1²), NCHW; where the network begins with `standardize`, N(mean, sd²) of that layer.
void initial_input(const Model& model, std::int64_t batch, std::uint64_t seed, std::span<float> plain);

/// A label a sample, uniform over the classes (elements of what the loss is taken of).
std::vector<std::int32_t> initial_labels(const Model& model, std::int64_t batch, std::uint64_t seed);

/// The dropout mask of a layer in its step-th step (from 0): 0 or 1/keep, NCHW order, element `first` and on
/// (`first` a multiple of 4).
void dropout_mask(const Model& model, int layer, std::uint64_t seed, std::uint64_t step,
                  std::span<float> mask, std::uint64_t first = 0);

/// Elements of a plain tensor of a layer: see Tensor.
std::int64_t tensor_size(const ModelLayer& layer, Tensor tensor, std::int64_t batch);

}  // namespace cnnbench
