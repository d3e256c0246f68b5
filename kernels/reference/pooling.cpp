#include "kernels/reference/layers.h"
#include "kernels/reference/window.h"

namespace cnnbench::reference {
namespace {

/// What one window sees of a plane: it never holds padding, and build_model leaves it at least one element.
struct View {
  Range rows;
  Range columns;

  View(const Window& window, std::int64_t row, std::int64_t column)
      : rows(inside(window.rows, row)), columns(inside(window.columns, column)) {}

  std::int64_t size() const { return (rows.end - rows.begin) * (columns.end - columns.begin); }

 private:
  static Range inside(const Axis& axis, std::int64_t out) {
    const Range taps = axis.taps(out);
    return {axis.input_of(out, taps.begin), axis.input_of(out, taps.end)};
  }
};

/// Index of the largest element in view; the first of equals in row-major order.
std::int64_t first_maximum(std::span<const float> input, const Shape& shape, const View& view,
                           std::int64_t sample, std::int64_t channel) {
  std::int64_t best = offset(shape, {sample, channel, view.rows.begin, view.columns.begin});
  for (std::int64_t h = view.rows.begin; h < view.rows.end; ++h)
    for (std::int64_t w = view.columns.begin; w < view.columns.end; ++w) {
      const std::int64_t candidate = offset(shape, {sample, channel, h, w});
      if (input[candidate] > input[best]) best = candidate;
    }
  return best;
}

ElementRule output_rule(const Pooling& pooling, const LayerData& data) {
  const bool max = pooling.pool == PoolKind::max;
  const Window window = window_of(*data.layer, pooling.kernel, pooling.stride);
  const Shape in = data.layer->input;
  const Shape out = data.layer->output;
  const auto input = needed(data, Tensor::input);
  return [=](std::int64_t element) {
    const Position at = position(out, element);
    const View view(window, at.row, at.column);
    Evaluated sum;
    if (max) {
      const double maximum = input[first_maximum(input, in, view, at.sample, at.channel)];
      return Evaluated{maximum, std::abs(maximum), 0};
    }
    for (std::int64_t h = view.rows.begin; h < view.rows.end; ++h)
      for (std::int64_t w = view.columns.begin; w < view.columns.end; ++w)
        add(sum, input[offset(in, {at.sample, at.channel, h, w})] / static_cast<double>(view.size()));
    return sum;
  };
}

/// Maximum: an output's gradient goes to the first of the largest elements. Average: to all alike.
ElementRule input_gradient_rule(const Pooling& pooling, const LayerData& data) {
  const bool max = pooling.pool == PoolKind::max;
  const Window window = window_of(*data.layer, pooling.kernel, pooling.stride);
  const Shape in = data.layer->input;
  const Shape out = data.layer->output;
  const auto input = max ? needed(data, Tensor::input) : std::span<const float>();
  const auto gradient = needed(data, Tensor::output_gradient);
  return [=](std::int64_t element) {
    const Position at = position(in, element);
    const Range rows = window.rows.outputs_of_input(at.row);
    const Range columns = window.columns.outputs_of_input(at.column);
    Evaluated sum;
    for (std::int64_t oh = rows.begin; oh < rows.end; ++oh)
      for (std::int64_t ow = columns.begin; ow < columns.end; ++ow) {
        const View view(window, oh, ow);
        if (max && first_maximum(input, in, view, at.sample, at.channel) != element) continue;
        const double outputs_share = max ? 1.0 : 1.0 / static_cast<double>(view.size());
        add(sum, gradient[offset(out, {at.sample, at.channel, oh, ow})] * outputs_share);
      }
    return sum;
  };
}

}  // namespace

ElementRule element_rule(const Pooling& pooling, const LayerData& data, Tensor tensor) {
  if (tensor == Tensor::output) return output_rule(pooling, data);
  if (tensor == Tensor::input_gradient) return input_gradient_rule(pooling, data);
  no_such_tensor(data.layer->name);
}

}  // namespace cnnbench::reference
