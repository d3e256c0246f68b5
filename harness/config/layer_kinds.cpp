#include "harness/config/layer_kinds.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/config/config.h"
#include "harness/config/read_layers.h"
#include "harness/config/utf8.h"
#include "harness/model/layer_rules.h"

namespace cnnbench {
namespace {

constexpr auto all_activations = {Activation::none, Activation::relu, Activation::tanh, Activation::sigmoid};

/// Of a convolution or a dense layer.
template <typename Kind>
void read_bias_and_activation(const MapReader& map, Kind& layer) {
  constexpr double most = 1e30;  // finite in single precision, with room for sums
  if (const auto value = map.find("bias")) layer.bias = value->boolean();
  if (const auto value = map.find("bias_init")) {
    if (!layer.bias) value->fail("'bias_init' is for biases, and 'bias' is false; leave one of them out");
    layer.bias_init = value->number(-most, most);
  }
  if (const auto value = map.find("activation")) layer.activation = value->one_of(all_activations);
}

LayerKind read_standardize(const MapReader& map) {
  constexpr double least = 1e-30, most = 1e30;  // finite and not 0 in single precision
  Standardize layer;
  layer.mean = map.at("mean").number(-most, most);
  layer.sd = map.at("sd").number(least, most);
  return layer;
}

void read_padding(const Value& value, Convolution& conv) {
  if (!value.is_word()) {
    conv.padding = value.extent(0, most_size);
    return;
  }
  switch (value.choice({"valid", "same", "full"}, "a whole number, [height, width]")) {
    case 1:
      conv.padding_rule = PaddingRule::same;
      break;
    case 2:
      conv.padding_rule = PaddingRule::full;
      break;
    default:  // valid: no padding
      break;
  }
}

LayerKind read_conv(const MapReader& map) {
  Convolution conv;
  conv.filters = map.at("filters").integer(1, most_size);
  conv.kernel = map.at("kernel").extent(1, most_size);
  if (const auto value = map.find("stride")) conv.stride = value->extent(1, most_size);
  if (const auto value = map.find("padding")) read_padding(*value, conv);
  if (const auto value = map.find("crop")) conv.crop = value->integer(0, most_size);
  if (const auto value = map.find("groups")) conv.groups = value->integer(1, most_size);
  read_bias_and_activation(map, conv);
  return conv;
}

template <PoolKind kind>
LayerKind read_pool(const MapReader& map) {
  Pooling pool;
  pool.pool = kind;
  pool.kernel = map.at("kernel").extent(1, most_size);
  pool.stride = pool.kernel;
  if (const auto value = map.find("stride")) pool.stride = value->extent(1, most_size);
  if (const auto value = map.find("padding")) pool.padding = value->extent(0, most_size);
  if (const auto value = map.find("border")) {
    pool.border = value->choice({"drop", "keep"}) == 0 ? Border::drop : Border::keep;
  }
  return pool;
}

LayerKind read_dense(const MapReader& map) {
  Dense dense;
  dense.units = map.at("units").integer(1, most_size);
  read_bias_and_activation(map, dense);
  return dense;
}

LayerKind read_activation(const MapReader& map) {
  return ActivationLayer{
      map.at("function").one_of({Activation::relu, Activation::tanh, Activation::sigmoid})};
}

LayerKind read_dropout(const MapReader& map) {
  constexpr double least = 1e-6;  // 1/keep must stay a sensible scale
  return Dropout{map.at("keep").number(least, 1)};
}

template <typename Kind>
LayerKind read_without_keys(const MapReader&) {
  return Kind{};
}

/// Every kind of layer: one line each.
struct ReaderOf {
  using Reader = LayerKindReader;
  Reader operator()(const Standardize&) const { return {{"mean", "sd"}, read_standardize}; }
  Reader operator()(const Convolution&) const {
    return {{"filters", "kernel", "stride", "padding", "crop", "groups", "bias", "bias_init", "activation"},
            read_conv};
  }
  Reader operator()(const Pooling& pool) const {
    return {{"kernel", "stride", "padding", "border"},
            pool.pool == PoolKind::max ? read_pool<PoolKind::max> : read_pool<PoolKind::average>};
  }
  Reader operator()(const Dense&) const { return {{"units", "bias", "bias_init", "activation"}, read_dense}; }
  Reader operator()(const ActivationLayer&) const { return {{"function"}, read_activation}; }
  Reader operator()(const Dropout&) const { return {{"keep"}, read_dropout}; }
  Reader operator()(const Flatten&) const { return {{}, read_without_keys<Flatten>}; }
  Reader operator()(const Softmax&) const { return {{}, read_without_keys<Softmax>}; }
  Reader operator()(const LocalResponseNormalization&) const {
    return {{}, read_without_keys<LocalResponseNormalization>};
  }
  Reader operator()(const BatchNormalization&) const { return {{}, read_without_keys<BatchNormalization>}; }
};

}  // namespace

std::vector<std::string> LayerKindReader::keys() const {
  std::vector<std::string> result{"name"};
  result.insert(result.end(), own_keys.begin(), own_keys.end());
  return result;
}

LayerKindReader find_layer_kind(const std::string& kind, const SourceFile& source, Place place) {
  static const std::vector<Layer> probes = all_probes();
  std::vector<std::string> words;
  for (const Layer& probe : probes) {
    const std::string word(kind_name(probe.kind));
    if (word == kind) return std::visit(ReaderOf{}, probe.kind);
    if (words.empty() || words.back() != word) words.push_back(word);
  }
  const std::string meant = nearest(kind, words);
  source.fail(place, meant.empty() ? fmt::format("unknown kind of layer {}; expected one of: {}",
                                                 in_quotes(kind), fmt::join(words, ", "))
                                   : fmt::format("unknown kind of layer {}; did you mean '{}'?",
                                                 in_quotes(kind), meant));
}

}  // namespace cnnbench
