#include <algorithm>
#include <vector>

#include "kernels/reference/layers.h"

namespace cnnbench::reference {
namespace {

using Lrn = LocalResponseNormalization;

/// The channels within half a window of `channel`: [first, last].
struct Neighbours {
  std::int64_t first;
  std::int64_t last;

  Neighbours(const Shape& shape, std::int64_t channel)
      : first(std::max<std::int64_t>(0, channel - Lrn::window / 2)),
        last(std::min(shape.channels - 1, channel + Lrn::window / 2)) {}
};

/// k + α/n · Σ x² over the neighbours.
double lrn_scale(std::span<const float> input, const Shape& shape, Position at) {
  const Neighbours window(shape, at.channel);
  double squares = 0;
  for (at.channel = window.first; at.channel <= window.last; ++at.channel) {
    const double x = input[offset(shape, at)];
    squares += x * x;
  }
  return Lrn::k + Lrn::alpha / static_cast<double>(Lrn::window) * squares;
}

ElementRule lrn_output_rule(const LayerData& data) {
  const Shape shape = data.layer->input;
  const auto input = needed(data, Tensor::input);
  return [=](std::int64_t element) {
    Evaluated product;
    add(product, input[element] * std::pow(lrn_scale(input, shape, position(shape, element)), -Lrn::beta));
    product.rounded_squares += function_roundings * product.value * product.value;
    return product;
  };
}

/// dx_i = dy_i · s_i^-β - 2αβ/n · x_i · Σ_j dy_j · x_j · s_j^(-β-1), over the j whose window holds i.
ElementRule lrn_input_gradient_rule(const LayerData& data) {
  const Shape shape = data.layer->input;
  const auto input = needed(data, Tensor::input);
  const auto gradient = needed(data, Tensor::output_gradient);
  return [=](std::int64_t element) {
    const Position at = position(shape, element);
    const double factor = -2 * Lrn::alpha * Lrn::beta / static_cast<double>(Lrn::window) * input[element];
    const Neighbours window(shape, at.channel);
    Evaluated sum;
    add(sum, gradient[element] * std::pow(lrn_scale(input, shape, at), -Lrn::beta));
    Position other = at;
    for (other.channel = window.first; other.channel <= window.last; ++other.channel) {
      const std::int64_t j = offset(shape, other);
      add(sum, factor * gradient[j] * input[j] * std::pow(lrn_scale(input, shape, other), -Lrn::beta - 1));
    }
    sum.rounded_squares += function_roundings * sum.magnitude * sum.magnitude;  // of the powers
    return sum;
  };
}

/// What a channel is normalised with. The magnitude of the mean is the mean of |x|: the rounding errors of
/// x - mean grow with it and not with the difference.
struct Statistics {
  Evaluated mean;
  double deviation = 1;  ///< √(variance + ε)
  /// Roundings of the deviation, relative to it: of the sum of squares, halved by the root; and of root,
  /// reciprocal and product.
  double deviation_roundings = 4;

  /// (x - mean) / deviation.
  Evaluated normalized(double x) const {
    Evaluated result;
    add(result, 1 / deviation, {x, std::abs(x), 0});
    add(result, -1 / deviation, mean);
    result.rounded_squares += deviation_roundings * result.value * result.value;
    return result;
  }
};

/// Calls visit(element) for each element of a channel, over the batch.
template <typename Visit>
void for_channel(const Shape& shape, std::int64_t batch, std::int64_t channel, Visit visit) {
  for (std::int64_t n = 0; n < batch; ++n) {
    const std::int64_t first = offset(shape, {n, channel, 0, 0});
    for (std::int64_t i = first; i < first + shape.height * shape.width; ++i) visit(i);
  }
}

Statistics batch_statistics(const LayerData& data, std::int64_t channel) {
  const Shape& shape = data.layer->input;
  const auto count = static_cast<double>(data.batch * shape.height * shape.width);
  Evaluated sum;
  for_channel(shape, data.batch, channel, [&](std::int64_t i) { add(sum, data.input[i]); });
  Statistics result;
  add(result.mean, 1 / count, sum);
  Evaluated squares;
  for_channel(shape, data.batch, channel, [&](std::int64_t i) {
    const double difference = data.input[i] - result.mean.value;
    add(squares, difference * difference);
  });
  result.deviation = std::sqrt(squares.value / count + BatchNormalization::epsilon);
  if (squares.value > 0)
    result.deviation_roundings += squares.rounded_squares / (4 * squares.value * squares.value);
  return result;
}

/// Statistics of every channel: computed once a rule, as all elements of a channel share them.
std::vector<Statistics> statistics(const LayerData& data) {
  std::vector<Statistics> channels;
  for (std::int64_t c = 0; c < data.layer->input.channels; ++c)
    channels.push_back(data.training ? batch_statistics(data, c)
                                     : Statistics{{}, std::sqrt(1 + BatchNormalization::epsilon)});
  return channels;
}

ElementRule batch_norm_output_rule(const LayerData& data) {
  const Shape shape = data.layer->input;
  const auto input = needed(data, Tensor::input);
  const auto scale = needed(data, Tensor::weights);
  const auto shift = needed(data, Tensor::bias);
  return [=, channels = statistics(data)](std::int64_t element) {
    const std::int64_t c = position(shape, element).channel;
    Evaluated sum;
    add(sum, scale[c], channels[c].normalized(input[element]));
    add(sum, shift[c]);
    return sum;
  };
}

/// Σ dy · x̂ and Σ dy of a channel: the gradients of its scale and shift.
struct ParameterGradients {
  Evaluated scale;
  Evaluated shift;
};

std::vector<ParameterGradients> parameter_gradients(const LayerData& data,
                                                    const std::vector<Statistics>& channels) {
  std::vector<ParameterGradients> gradients(channels.size());
  for (std::size_t c = 0; c < channels.size(); ++c)
    for_channel(data.layer->input, data.batch, static_cast<std::int64_t>(c), [&](std::int64_t i) {
      add(gradients[c].scale, data.output_gradient[i], channels[c].normalized(data.input[i]));
      add(gradients[c].shift, data.output_gradient[i]);
    });
  return gradients;
}

/// dx = γ/σ · (dy - (Σ dy + x̂ · Σ dy·x̂) / m) over the m elements of the channel (Ioffe & Szegedy 2015, §3).
ElementRule batch_norm_input_gradient_rule(const LayerData& data, const std::vector<Statistics>& channels,
                                           const std::vector<ParameterGradients>& gradients) {
  const Shape shape = data.layer->input;
  const auto scale = needed(data, Tensor::weights);
  const auto count = static_cast<double>(data.batch * shape.height * shape.width);
  const auto input = data.input;
  const auto gradient = data.output_gradient;
  return [=](std::int64_t element) {
    const std::int64_t c = position(shape, element).channel;
    const Evaluated x = channels[c].normalized(input[element]);
    const double factor = scale[c] / channels[c].deviation;
    Evaluated sum;
    add(sum, factor * gradient[element]);
    add(sum, -factor / count, gradients[c].shift);
    const Evaluated& along = gradients[c].scale;
    add(sum, -factor / count,
        {x.value * along.value, x.magnitude * along.magnitude,
         x.rounded_squares * along.value * along.value + along.rounded_squares * x.value * x.value});
    sum.rounded_squares += channels[c].deviation_roundings * sum.magnitude * sum.magnitude;
    return sum;
  };
}

}  // namespace

ElementRule element_rule(const LocalResponseNormalization&, const LayerData& data, Tensor tensor) {
  if (tensor == Tensor::output) return lrn_output_rule(data);
  if (tensor == Tensor::input_gradient) return lrn_input_gradient_rule(data);
  no_such_tensor(data.layer->name);
}

ElementRule element_rule(const BatchNormalization&, const LayerData& data, Tensor tensor) {
  if (tensor == Tensor::output) return batch_norm_output_rule(data);
  // Only training goes back, through the batch's own statistics.
  if (!data.training) no_such_tensor(data.layer->name);
  needed(data, Tensor::input);
  needed(data, Tensor::output_gradient);
  const std::vector<Statistics> channels = statistics(data);
  const std::vector<ParameterGradients> gradients = parameter_gradients(data, channels);
  if (tensor == Tensor::input_gradient) return batch_norm_input_gradient_rule(data, channels, gradients);
  if (tensor == Tensor::weights_gradient)
    return [=](std::int64_t channel) { return gradients[channel].scale; };
  if (tensor == Tensor::bias_gradient) return [=](std::int64_t channel) { return gradients[channel].shift; };
  no_such_tensor(data.layer->name);
}

}  // namespace cnnbench::reference
