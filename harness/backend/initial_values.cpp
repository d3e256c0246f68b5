#include "harness/backend/initial_values.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "harness/backend/random.h"
#include "harness/model/layer_rules.h"

namespace cnnbench {
namespace {

enum class Purpose : std::uint64_t { weights, bias, input, labels, mask };

/// Every tensor has a stream of its own: purpose in the upper byte, then 16 bits of layer, 40 bits of step.
std::uint64_t stream_of(Purpose purpose, int layer, std::uint64_t step = 0) {
  return (static_cast<std::uint64_t>(purpose) << 56) | (static_cast<std::uint64_t>(layer & 0xffff) << 40) |
         (step & 0xff'ffff'ffff);
}

const ModelLayer& layer_at(const Model& model, int layer) {
  return model.layers.at(static_cast<std::size_t>(layer));
}

Parameters parameters_at(const Model& model, int layer) {
  return sizes_of(layer_at(model, layer)).parameters;
}

LayerTraits traits_at(const Model& model, int layer) {
  return rules_of(layer_at(model, layer).kind).traits;
}

}  // namespace

void initial_weights(const Model& model, int layer, std::uint64_t seed, std::span<float> plain) {
  const Parameters parameters = parameters_at(model, layer);
  fill_uniform(plain, seed, stream_of(Purpose::weights, layer), parameters.low, parameters.high);
}

void initial_bias(const Model& model, int layer, std::uint64_t seed, std::span<float> plain) {
  if (const std::optional<double> value = parameters_at(model, layer).bias_init)
    std::fill(plain.begin(), plain.end(), static_cast<float>(*value));
  else
    fill_uniform(plain, seed, stream_of(Purpose::bias, layer), -0.1f, 0.1f);
}

void initial_input(const Model& model, std::int64_t, std::uint64_t seed, std::span<float> plain) {
  const NormalDistribution images = traits_at(model, 0).images;
  fill_normal(plain, seed, stream_of(Purpose::input, 0), static_cast<float>(images.mean),
              static_cast<float>(images.sd));
}

std::vector<std::int32_t> initial_labels(const Model& model, std::int64_t batch, std::uint64_t seed) {
  const int from = model.loss_layer();
  const auto classes =
      static_cast<std::uint64_t>(from < 0 ? model.input.size() : layer_at(model, from).output.size());
  const std::uint64_t stream = stream_of(Purpose::labels, 0);
  std::vector<std::int32_t> labels(static_cast<std::size_t>(batch));
  for (std::size_t sample = 0; sample < labels.size(); ++sample) {
    const auto words = philox({static_cast<std::uint32_t>(sample), 0, static_cast<std::uint32_t>(stream),
                               static_cast<std::uint32_t>(stream >> 32)},
                              {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
    // The upper word of a 32 × 32 bit product: in [0, classes), with a bias of at most classes / 2^32.
    labels[sample] = static_cast<std::int32_t>((words[0] * classes) >> 32);
  }
  return labels;
}

void dropout_mask(const Model& model, int layer, std::uint64_t seed, std::uint64_t step,
                  std::span<float> mask, std::uint64_t first) {
  const auto keep = static_cast<float>(traits_at(model, layer).keep.value());
  fill_mask(mask, seed, stream_of(Purpose::mask, layer, step), keep, first);
}

std::int64_t tensor_size(const ModelLayer& layer, Tensor tensor, std::int64_t batch) {
  switch (tensor) {
    case Tensor::input:
    case Tensor::input_gradient:
      return batch * layer.input.size();
    case Tensor::output:
    case Tensor::output_gradient:
      return batch * layer.output.size();
    case Tensor::weights:
    case Tensor::weights_gradient:
      return layer.weights;
    case Tensor::bias:
    case Tensor::bias_gradient:
      return layer.biases;
    case Tensor::mask:
      return rules_of(layer.kind).traits.keep ? batch * layer.output.size() : 0;
  }
  return 0;
}

}  // namespace cnnbench
