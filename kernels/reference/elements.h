#pragma once

#include <cmath>
#include <cstddef>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>

#include "harness/backend/initial_values.h"
#include "harness/backend/oracle.h"

namespace cnnbench::reference {

/// Computes one element of a plain tensor from its index alone, gathering whatever it depends on. Holds views
/// of the tensors that it was made from, not copies.
using ElementRule = std::function<Evaluated(std::int64_t element)>;

/// Where an element of an NCHW tensor lies.
struct Position {
  std::int64_t sample;
  std::int64_t channel;
  std::int64_t row;
  std::int64_t column;
};

inline Position position(const Shape& shape, std::int64_t element) {
  const std::int64_t row = element / shape.width;
  const std::int64_t channel = row / shape.height;
  return {channel / shape.channels, channel % shape.channels, row % shape.height, element % shape.width};
}

inline std::int64_t offset(const Shape& shape, const Position& at) {
  return ((at.sample * shape.channels + at.channel) * shape.height + at.row) * shape.width + at.column;
}

/// Adds a term to a sum; f32 would round the term and the sum so far.
inline void add(Evaluated& sum, double term) {
  sum.value += term;
  sum.magnitude += std::abs(term);
  sum.rounded_squares += term * term + sum.value * sum.value;
}

/// Adds factor · term, where the term is itself a result with scales of its own.
inline void add(Evaluated& sum, double factor, const Evaluated& term) {
  const double product = factor * term.value;
  sum.value += product;
  sum.magnitude += std::abs(factor) * term.magnitude;
  sum.rounded_squares += factor * factor * term.rounded_squares + product * product + sum.value * sum.value;
}

/// The view of `tensor` that a rule depends on. Throws std::invalid_argument where it was not given, or not
/// whole.
inline std::span<const float> needed(const LayerData& data, Tensor tensor) {
  const auto view = [&]() -> std::span<const float> {
    switch (tensor) {
      case Tensor::input:
        return data.input;
      case Tensor::output:
        return data.output;
      case Tensor::weights:
        return data.weights;
      case Tensor::bias:
        return data.bias;
      case Tensor::mask:
        return data.mask;
      case Tensor::output_gradient:
        return data.output_gradient;
      default:
        return {};
    }
  }();
  const std::int64_t size = tensor_size(*data.layer, tensor, data.batch);
  if (static_cast<std::int64_t>(view.size()) != size)
    throw std::invalid_argument("layer '" + data.layer->name + "': a tensor of " +
                                std::to_string(view.size()) + " elements was given where " +
                                std::to_string(size) + " are needed");
  return view;
}

[[noreturn]] inline void no_such_tensor(const std::string& layer) {
  throw std::invalid_argument("layer '" + layer + "' has no such tensor");
}

}  // namespace cnnbench::reference
