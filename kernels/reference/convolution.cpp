#include "kernels/reference/activation.h"
#include "kernels/reference/layers.h"
#include "kernels/reference/window.h"

namespace cnnbench::reference {
namespace {

/// What every rule of a convolution needs. Channels and filters are split evenly into groups; filters of
/// group g see the channels of group g alone.
struct Geometry {
  Shape input;
  Shape output;
  Shape weights;  ///< one filter: channels of a group × kernel
  Window window;
  std::int64_t batch;
  std::int64_t filters_per_group;

  Geometry(const Convolution& convolution, const LayerData& data)
      : input(data.layer->input),
        output(data.layer->output),
        weights{input.channels / convolution.groups, convolution.kernel.height, convolution.kernel.width},
        window(window_of(*data.layer, convolution.kernel, convolution.stride)),
        batch(data.batch),
        filters_per_group(convolution.filters / convolution.groups) {}

  std::int64_t first_channel(std::int64_t filter) const {
    return filter / filters_per_group * weights.channels;
  }
};

ElementRule output_rule(const Convolution& convolution, const LayerData& data) {
  const Geometry g(convolution, data);
  const Activation function = convolution.activation;
  const auto input = needed(data, Tensor::input);
  const auto weights = needed(data, Tensor::weights);
  const auto bias = needed(data, Tensor::bias);
  return [=](std::int64_t element) {
    const Position at = position(g.output, element);
    const Range rows = g.window.rows.taps(at.row);
    const Range columns = g.window.columns.taps(at.column);
    Evaluated sum;
    if (!bias.empty()) add(sum, bias[at.channel]);
    for (std::int64_t c = 0; c < g.weights.channels; ++c)
      for (std::int64_t kh = rows.begin; kh < rows.end; ++kh) {
        const std::int64_t from =
            offset(g.input, {at.sample, g.first_channel(at.channel) + c, g.window.rows.input_of(at.row, kh),
                             g.window.columns.input_of(at.column, 0)});
        const std::int64_t tap = offset(g.weights, {at.channel, c, kh, 0});
        for (std::int64_t kw = columns.begin; kw < columns.end; ++kw)
          add(sum, double{input[from + kw]} * weights[tap + kw]);
      }
    return activate(function, sum);
  };
}

ElementRule input_gradient_rule(const Convolution& convolution, const LayerData& data) {
  const Geometry g(convolution, data);
  const SumGradient gradient(data);
  const auto weights = needed(data, Tensor::weights);
  return [=](std::int64_t element) {
    const Position at = position(g.input, element);
    const std::int64_t group = at.channel / g.weights.channels;
    const std::int64_t c = at.channel % g.weights.channels;
    const Range rows = g.window.rows.outputs_of_input(at.row);
    const Range columns = g.window.columns.outputs_of_input(at.column);
    Evaluated sum;
    for (std::int64_t o = group * g.filters_per_group; o < (group + 1) * g.filters_per_group; ++o)
      for (std::int64_t oh = rows.begin; oh < rows.end; ++oh) {
        const std::int64_t tap = offset(g.weights, {o, c, g.window.rows.tap_of(at.row, oh), 0});
        const std::int64_t from = offset(g.output, {at.sample, o, oh, 0});
        for (std::int64_t ow = columns.begin; ow < columns.end; ++ow)
          add(sum, weights[tap + g.window.columns.tap_of(at.column, ow)], gradient.at(from + ow));
      }
    return sum;
  };
}

ElementRule weights_gradient_rule(const Convolution& convolution, const LayerData& data) {
  const Geometry g(convolution, data);
  const SumGradient gradient(data);
  const auto input = needed(data, Tensor::input);
  return [=](std::int64_t element) {
    const Position tap = position(g.weights, element);  // OIHW: the filter in the place of the sample
    const std::int64_t o = tap.sample;
    const Range rows = g.window.rows.outputs_of_tap(tap.row);
    const Range columns = g.window.columns.outputs_of_tap(tap.column);
    Evaluated sum;
    for (std::int64_t n = 0; n < g.batch; ++n)
      for (std::int64_t oh = rows.begin; oh < rows.end; ++oh) {
        const std::int64_t row =
            offset(g.input, {n, g.first_channel(o) + tap.channel, g.window.rows.input_of(oh, tap.row), 0});
        const std::int64_t from = offset(g.output, {n, o, oh, 0});
        for (std::int64_t ow = columns.begin; ow < columns.end; ++ow)
          add(sum, input[row + g.window.columns.input_of(ow, tap.column)], gradient.at(from + ow));
      }
    return sum;
  };
}

ElementRule bias_gradient_rule(const Convolution& convolution, const LayerData& data) {
  const Geometry g(convolution, data);
  const SumGradient gradient(data);
  return [=](std::int64_t filter) {
    Evaluated sum;
    for (std::int64_t n = 0; n < g.batch; ++n)
      for (std::int64_t oh = 0; oh < g.output.height; ++oh)
        for (std::int64_t ow = 0; ow < g.output.width; ++ow)
          add(sum, 1.0, gradient.at(offset(g.output, {n, filter, oh, ow})));
    return sum;
  };
}

}  // namespace

ElementRule element_rule(const Convolution& convolution, const LayerData& data, Tensor tensor) {
  if (tensor == Tensor::output) return output_rule(convolution, data);
  if (tensor == Tensor::input_gradient) return input_gradient_rule(convolution, data);
  if (tensor == Tensor::weights_gradient) return weights_gradient_rule(convolution, data);
  if (tensor == Tensor::bias_gradient && convolution.bias) return bias_gradient_rule(convolution, data);
  no_such_tensor(data.layer->name);
}

}  // namespace cnnbench::reference
