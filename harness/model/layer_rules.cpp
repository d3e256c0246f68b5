#include "harness/model/layer_rules.h"

#include <cmath>

namespace cnnbench {
namespace {

// A function `rules` for each kind, with helpers of its own before it.

/// The kind alone, with its default settings.
template <typename Kind>
std::vector<Layer> one_probe() {
  return {{std::string(kind_name(Kind{})), Kind{}}};
}

/// Of a kind whose output has one element for each of the input, and which has no parameters.
LayerSizes elementwise(const Shape& in) {
  return {{in}, Parameters{}, ElementSum{}};
}

/// One side (height or width) of a window that slides over an image.
struct Window {
  std::int64_t input;
  std::int64_t kernel;
  std::int64_t stride;
  std::int64_t before = 0;
  std::int64_t after = 0;
  std::int64_t output = 0;

  /// Outputs for the padding as it stands, the last window inside (floor) or hanging over (ceil) the padded
  /// image. A first window that is larger than that image hangs over, too.
  void count(bool ceil) {
    const std::int64_t room = input + before + after - kernel + (ceil ? stride - 1 : 0);
    output = room < 0 ? 0 : room / stride + 1;
  }

  /// Sets `after` to what the windows really reach; elements that a stride leaves over at the end are not a
  /// crop.
  void settle_after() {
    after = (output - 1) * stride + kernel - input - before;
    if (after < 0 && after > -stride) after = 0;
  }
};

LayerOutput slide(Window height, Window width, std::int64_t channels, const std::string& remark) {
  LayerOutput placement{.output = {channels, height.output, width.output},
                        .kernel = {height.kernel, width.kernel},
                        .stride = {height.stride, width.stride}};
  if (height.output < 1 || width.output < 1)
    placement.fault = "kernel " + std::to_string(height.kernel) + "x" + std::to_string(width.kernel) +
                      " leaves no output of an input of " + std::to_string(height.input) + "x" +
                      std::to_string(width.input) + remark;
  height.settle_after();
  width.settle_after();
  placement.padding = {{height.before, width.before}, {height.after, width.after}};
  return placement;
}

/// The most that weights start with (Glorot & Bengio 2010).
float glorot(double fan_in, double fan_out) {
  return static_cast<float>(std::sqrt(6.0 / (fan_in + fan_out)));
}

Window convolution_window(const Convolution& conv, std::int64_t input, std::int64_t kernel,
                          std::int64_t stride, std::int64_t padding) {
  Window window{input, kernel, stride};
  switch (conv.padding_rule) {
    case PaddingRule::explicit_size:
      window.before = window.after = padding;
      break;
    case PaddingRule::full:
      window.before = window.after = kernel - 1;
      break;
    case PaddingRule::same: {
      const std::int64_t outputs = (input + stride - 1) / stride;
      const std::int64_t total = std::max<std::int64_t>((outputs - 1) * stride + kernel - input, 0);
      window.before = total / 2;
      window.after = total - total / 2;
      break;
    }
  }
  window.count(false);
  window.output = std::max<std::int64_t>(window.output - 2 * conv.crop, 0);
  window.before -= conv.crop * stride;
  return window;
}

LayerSizes convolution_sizes(const Convolution& conv, const Shape& in) {
  LayerOutput placement = slide(
      convolution_window(conv, in.height, conv.kernel.height, conv.stride.height, conv.padding.height),
      convolution_window(conv, in.width, conv.kernel.width, conv.stride.width, conv.padding.width),
      conv.filters, conv.crop > 0 ? " after cropping " + std::to_string(conv.crop) + " from every side" : "");
  if (in.channels % conv.groups != 0 || conv.filters % conv.groups != 0)
    placement.fault = "groups: " + std::to_string(conv.groups) + " does not divide both the " +
                      std::to_string(in.channels) + " input channels and the " +
                      std::to_string(conv.filters) + " filters";
  const std::int64_t channels = in.channels / conv.groups;
  const std::int64_t taps = capped_product(conv.kernel.height, conv.kernel.width);
  const float most = glorot(static_cast<double>(channels) * static_cast<double>(taps),
                            static_cast<double>(conv.filters / conv.groups) * static_cast<double>(taps));
  return {placement,
          Parameters{.weights = {conv.filters, channels, conv.kernel.height, conv.kernel.width},
                     .dimensions = 4,
                     .low = -most,
                     .high = most,
                     .biases = conv.bias ? conv.filters : 0,
                     .bias_init = conv.bias_init},
          ElementSum{capped_product(channels, taps), true}};
}

std::vector<Layer> convolution_probes() {
  const auto probe = [](std::int64_t crop, std::int64_t groups) {
    return Convolution{.filters = 16, .kernel = {3, 3}, .padding = {}, .crop = crop, .groups = groups};
  };
  return {
      {"conv", probe(0, 1)}, {"conv, groups", probe(0, 4)}, {"conv, crop deeper than padding", probe(1, 1)}};
}

LayerRules rules(const Convolution& conv) {
  return {"conv", BackwardReads{.weights = true}, LayerTraits{.activation = conv.activation},
          [conv](const Shape& in) { return convolution_sizes(conv, in); }, convolution_probes};
}

Window pooling_window(const Pooling& pool, std::int64_t input, std::int64_t kernel, std::int64_t stride,
                      std::int64_t padding) {
  Window window{input, kernel, stride, padding, padding};
  window.count(pool.border == Border::keep);
  // A kept last window must begin inside the image or the padding before it, else it would hold nothing.
  if (window.output > 1 && (window.output - 1) * stride >= input + padding) --window.output;
  return window;
}

LayerSizes pooling_sizes(const Pooling& pool, const Shape& in) {
  LayerOutput placement =
      slide(pooling_window(pool, in.height, pool.kernel.height, pool.stride.height, pool.padding.height),
            pooling_window(pool, in.width, pool.kernel.width, pool.stride.width, pool.padding.width),
            in.channels, "");
  if (pool.padding.height >= pool.kernel.height || pool.padding.width >= pool.kernel.width)
    placement.fault = "padding must be smaller than the pooling window";
  return {placement, Parameters{}, ElementSum{pool.kernel.height * pool.kernel.width}};
}

std::vector<Layer> pooling_probes() {
  const auto probe = [](PoolKind pool, Border border) {
    return Pooling{pool, {3, 3}, {2, 2}, {0, 0}, border};
  };
  return {{"max_pool, border dropped", probe(PoolKind::max, Border::drop)},
          {"max_pool, border kept", probe(PoolKind::max, Border::keep)},
          {"avg_pool, border dropped", probe(PoolKind::average, Border::drop)},
          {"avg_pool, border kept", probe(PoolKind::average, Border::keep)}};
}

LayerRules rules(const Pooling& pool) {
  const bool max = pool.pool == PoolKind::max;
  return {max ? "max_pool" : "avg_pool", BackwardReads{.input = max}, LayerTraits{},
          [pool](const Shape& in) { return pooling_sizes(pool, in); }, pooling_probes};
}

LayerSizes dense_sizes(const Dense& dense, const Shape& in) {
  const float most = glorot(static_cast<double>(in.size()), static_cast<double>(dense.units));
  return {{.output = {dense.units, 1, 1}, .sees = Sees::all},
          Parameters{.weights = {dense.units, in.channels, in.height, in.width},
                     .dimensions = 2,
                     .low = -most,
                     .high = most,
                     .biases = dense.bias ? dense.units : 0,
                     .bias_init = dense.bias_init},
          ElementSum{in.size(), true}};
}

LayerRules rules(const Dense& dense) {
  return {"dense", BackwardReads{.weights = true}, LayerTraits{.activation = dense.activation},
          [dense](const Shape& in) { return dense_sizes(dense, in); },
          [] {
            return std::vector<Layer>{{"dense", Dense{16, true, Activation::relu}}};
          }};
}

LayerRules rules(const Standardize& standardize) {
  return {"standardize", BackwardReads{}, LayerTraits{.images = {standardize.mean, standardize.sd}},
          elementwise, one_probe<Standardize>};
}

LayerRules rules(const ActivationLayer&) {
  return {"activation", BackwardReads{.output = true}, LayerTraits{}, elementwise, [] {
            return std::vector<Layer>{{"activation", ActivationLayer{Activation::tanh}}};
          }};
}

LayerRules rules(const Dropout& dropout) {
  return {"dropout", BackwardReads{.mask = true}, LayerTraits{.keep = dropout.keep}, elementwise,
          one_probe<Dropout>};
}

LayerRules rules(const Flatten&) {
  const auto sizes = [](const Shape& in) {
    return LayerSizes({.output = {in.size(), 1, 1}, .sees = Sees::merged}, Parameters{}, ElementSum{});
  };
  return {"flatten", BackwardReads{}, LayerTraits{.free = true}, sizes, one_probe<Flatten>};
}

LayerRules rules(const Softmax&) {
  const auto sizes = [](const Shape& in) { return LayerSizes({in}, Parameters{}, ElementSum{in.channels}); };
  return {"softmax", BackwardReads{.output = true}, LayerTraits{.part_of_loss = true}, sizes,
          one_probe<Softmax>};
}

LayerRules rules(const LocalResponseNormalization&) {
  return {"lrn", BackwardReads{.input = true}, LayerTraits{}, elementwise,
          one_probe<LocalResponseNormalization>};
}

LayerRules rules(const BatchNormalization&) {
  const auto sizes = [](const Shape& in) {
    const Parameters scales{
        .weights = {in.channels, 1, 1, 1}, .low = 0.5F, .high = 1.5F, .biases = in.channels};
    return LayerSizes({in}, scales, ElementSum{});
  };
  return {"batch_norm", BackwardReads{.input = true, .weights = true}, LayerTraits{}, sizes,
          one_probe<BatchNormalization>};
}

}  // namespace

LayerRules rules_of(const LayerKind& kind) {
  return std::visit([](const auto& settings) { return rules(settings); }, kind);
}

LayerSizes sizes_of(const ModelLayer& layer) {
  return rules_of(layer.kind).sizes_for(layer.input);
}

std::vector<LayerKind> all_kinds() {
  return []<std::size_t... index>(std::index_sequence<index...>) {
    return std::vector<LayerKind>{std::variant_alternative_t<index, LayerKind>{}...};
  }
  (std::make_index_sequence<std::variant_size_v<LayerKind>>());
}

std::vector<Layer> all_probes() {
  std::vector<Layer> all;
  for (const LayerKind& kind : all_kinds())
    for (Layer& probe : rules_of(kind).probes()) all.push_back(std::move(probe));
  return all;
}

std::string_view kind_name(const LayerKind& kind) {
  return rules_of(kind).name;
}

Activation fused_activation(const LayerKind& kind) {
  return rules_of(kind).traits.activation;
}

}  // namespace cnnbench
