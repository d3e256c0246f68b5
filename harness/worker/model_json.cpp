#include "harness/worker/model_json.h"

#include <stdexcept>
#include <type_traits>

namespace cnnbench {
namespace {

using Json = nlohmann::json;

Json to_json(const Extent& extent) {
  return {extent.height, extent.width};
}

/// A whole number of at least `least`, so small that no arithmetic with it overflows; no config has others.
std::int64_t integer(const Json& json, std::int64_t least, std::int64_t most = 1'000'000) {
  const auto value = json.get<std::int64_t>();
  if (!json.is_number_integer() || value < least || value > most)
    throw std::out_of_range("no network has the number " + json.dump());
  return value;
}

Extent extent(const Json& json, std::int64_t least) {
  return {integer(json.at(0), least), integer(json.at(1), least)};
}

Json to_json(const std::optional<double>& value) {
  return value ? Json(*value) : Json();
}

std::optional<double> optional_number(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional(json.get<double>());
}

template <typename Enum>
int number(Enum value) {
  return static_cast<int>(value);
}

template <typename Enum>
Enum named(const Json& json, Enum last) {
  return static_cast<Enum>(integer(json, 0, number(last)));
}

struct ToJson {
  Json operator()(const Standardize& layer) const { return {{"mean", layer.mean}, {"sd", layer.sd}}; }
  Json operator()(const Convolution& layer) const {
    return {{"filters", layer.filters},
            {"kernel", to_json(layer.kernel)},
            {"stride", to_json(layer.stride)},
            {"padding_rule", number(layer.padding_rule)},
            {"padding", to_json(layer.padding)},
            {"crop", layer.crop},
            {"groups", layer.groups},
            {"bias", layer.bias},
            {"activation", number(layer.activation)},
            {"bias_init", to_json(layer.bias_init)}};
  }
  Json operator()(const Pooling& layer) const {
    return {{"pool", number(layer.pool)},
            {"kernel", to_json(layer.kernel)},
            {"stride", to_json(layer.stride)},
            {"padding", to_json(layer.padding)},
            {"border", number(layer.border)}};
  }
  Json operator()(const Dense& layer) const {
    return {{"units", layer.units},
            {"bias", layer.bias},
            {"activation", number(layer.activation)},
            {"bias_init", to_json(layer.bias_init)}};
  }
  Json operator()(const ActivationLayer& layer) const { return {{"function", number(layer.function)}}; }
  Json operator()(const Dropout& layer) const { return {{"keep", layer.keep}}; }
  Json operator()(const Flatten&) const { return Json::object(); }
  Json operator()(const Softmax&) const { return Json::object(); }
  Json operator()(const LocalResponseNormalization&) const { return Json::object(); }
  Json operator()(const BatchNormalization&) const { return Json::object(); }
};

struct FromJson {
  const Json& json;
  LayerKind operator()(const Standardize&) const {
    return Standardize{json.at("mean").get<double>(), json.at("sd").get<double>()};
  }
  LayerKind operator()(const Convolution&) const {
    return Convolution{.filters = integer(json.at("filters"), 1),
                       .kernel = extent(json.at("kernel"), 1),
                       .stride = extent(json.at("stride"), 1),
                       .padding_rule = named(json.at("padding_rule"), PaddingRule::full),
                       .padding = extent(json.at("padding"), 0),
                       .crop = integer(json.at("crop"), 0),
                       .groups = integer(json.at("groups"), 1),
                       .bias = json.at("bias").get<bool>(),
                       .activation = named(json.at("activation"), Activation::sigmoid),
                       .bias_init = optional_number(json.at("bias_init"))};
  }
  LayerKind operator()(const Pooling&) const {
    return Pooling{named(json.at("pool"), PoolKind::average), extent(json.at("kernel"), 1),
                   extent(json.at("stride"), 1), extent(json.at("padding"), 0),
                   named(json.at("border"), Border::keep)};
  }
  LayerKind operator()(const Dense&) const {
    return Dense{integer(json.at("units"), 1), json.at("bias").get<bool>(),
                 named(json.at("activation"), Activation::sigmoid), optional_number(json.at("bias_init"))};
  }
  LayerKind operator()(const ActivationLayer&) const {
    return ActivationLayer{named(json.at("function"), Activation::sigmoid)};
  }
  LayerKind operator()(const Dropout&) const { return Dropout{json.at("keep").get<double>()}; }
  template <typename Plain>
  LayerKind operator()(const Plain& layer) const {
    static_assert(std::is_empty_v<Plain>, "a kind of layer with settings needs a case of its own");
    return layer;
  }
};

/// A layer of the kind with that index in LayerKind, with the default settings.
template <std::size_t index = 0>
LayerKind kind_of(std::size_t wanted) {
  if constexpr (index < std::variant_size_v<LayerKind>)
    return index == wanted ? LayerKind(std::variant_alternative_t<index, LayerKind>())
                           : kind_of<index + 1>(wanted);
  else
    throw std::out_of_range("no such kind of layer");
}

}  // namespace

Json model_to_json(const Model& model) {
  Json json{{"name", model.name},
            {"source", model.source},
            {"input", {model.input.channels, model.input.height, model.input.width}},
            {"loss", number(model.loss)},
            {"first_input_gradient", model.first_input_gradient},
            {"layers", Json::array()}};
  for (const ModelLayer& layer : model.layers)
    json["layers"].push_back(
        {{"name", layer.name}, {"kind", layer.kind.index()}, {"settings", std::visit(ToJson{}, layer.kind)}});
  return json;
}

Model model_from_json(const Json& json) {
  std::vector<Layer> layers;
  for (const Json& layer : json.at("layers"))
    layers.push_back(
        {layer.at("name").get<std::string>(),
         std::visit(FromJson{layer.at("settings")}, kind_of(layer.at("kind").get<std::size_t>()))});
  // A layer alone may have as many channels as a whole map of its network has elements.
  constexpr std::int64_t most = std::int64_t{1} << 38;
  const Json& input = json.at("input");
  return build_model(
      json.at("name").get<std::string>(), json.at("source").get<std::string>(),
      {integer(input.at(0), 1, most), integer(input.at(1), 1, most), integer(input.at(2), 1, most)}, layers,
      named(json.at("loss"), Loss::cross_entropy), {json.at("first_input_gradient").get<bool>()});
}

}  // namespace cnnbench
