#include <algorithm>

#include "kernels/reference/layers.h"

namespace cnnbench::reference {
namespace {

/// One pixel's values along the channels.
struct Pixel {
  std::int64_t first;   ///< index of channel 0
  std::int64_t stride;  ///< between channels
  std::int64_t channels;

  Pixel(const Shape& shape, const Position& at)
      : first(offset(shape, {at.sample, 0, at.row, at.column})),
        stride(shape.height * shape.width),
        channels(shape.channels) {}

  std::int64_t index(std::int64_t channel) const { return first + channel * stride; }
};

/// The rounding of x - max is an absolute error of the exponent and so a relative one of the result: the
/// magnitude is the result times (1 + its own |x - max| + the mean |x - max| that enters through the sum).
/// Each partial sum of the denominator is at most the whole, and its rounding enters relative to it.
Evaluated softmax_at(std::span<const float> input, const Shape& shape, std::int64_t element) {
  const Position at = position(shape, element);
  const Pixel pixel(shape, at);
  double maximum = input[element];
  for (std::int64_t c = 0; c < pixel.channels; ++c)
    maximum = std::max<double>(maximum, input[pixel.index(c)]);
  double sum = 0;
  double weighted_distance = 0;
  for (std::int64_t c = 0; c < pixel.channels; ++c) {
    const double distance = maximum - input[pixel.index(c)];
    sum += std::exp(-distance);
    weighted_distance += std::exp(-distance) * distance;
  }
  const double own_distance = maximum - input[element];
  const double value = std::exp(-own_distance) / sum;
  const double magnitude = value * (1 + own_distance + weighted_distance / sum);
  const double roundings = function_roundings + static_cast<double>(pixel.channels);
  return {value, magnitude, magnitude * magnitude + roundings * value * value};
}

}  // namespace

ElementRule element_rule(const Softmax&, const LayerData& data, Tensor tensor) {
  const Shape shape = data.layer->output;
  if (tensor == Tensor::output) {
    const auto input = needed(data, Tensor::input);
    return [=](std::int64_t element) { return softmax_at(input, shape, element); };
  }
  if (tensor != Tensor::input_gradient) no_such_tensor(data.layer->name);
  const auto output = needed(data, Tensor::output);
  const auto gradient = needed(data, Tensor::output_gradient);
  // dx = y · (dy - Σ dy·y), the sum over the channels of the pixel.
  return [=](std::int64_t element) {
    const Pixel pixel(shape, position(shape, element));
    const double y = output[element];
    Evaluated sum;
    add(sum, y * gradient[element]);
    for (std::int64_t c = 0; c < pixel.channels; ++c) {
      const std::int64_t i = pixel.index(c);
      add(sum, -y * gradient[i] * output[i]);
    }
    return sum;
  };
}

}  // namespace cnnbench::reference
