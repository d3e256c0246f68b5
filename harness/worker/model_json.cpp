#include "harness/worker/model_json.h"

#include <stdexcept>
#include <type_traits>

namespace cnnbench {
namespace {

using Json = nlohmann::json;

Json to_json(const Extent& extent) {
  return {extent.height, extent.width};
}

Extent extent(const Json& json) {
  return {json.at(0).get<std::int64_t>(), json.at(1).get<std::int64_t>()};
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
Enum named(const Json& json) {
  return static_cast<Enum>(json.get<int>());
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
    return Convolution{.filters = json.at("filters").get<std::int64_t>(),
                       .kernel = extent(json.at("kernel")),
                       .stride = extent(json.at("stride")),
                       .padding_rule = named<PaddingRule>(json.at("padding_rule")),
                       .padding = extent(json.at("padding")),
                       .crop = json.at("crop").get<std::int64_t>(),
                       .groups = json.at("groups").get<std::int64_t>(),
                       .bias = json.at("bias").get<bool>(),
                       .activation = named<Activation>(json.at("activation")),
                       .bias_init = optional_number(json.at("bias_init"))};
  }
  LayerKind operator()(const Pooling&) const {
    return Pooling{named<PoolKind>(json.at("pool")), extent(json.at("kernel")), extent(json.at("stride")),
                   extent(json.at("padding")), named<Border>(json.at("border"))};
  }
  LayerKind operator()(const Dense&) const {
    return Dense{json.at("units").get<std::int64_t>(), json.at("bias").get<bool>(),
                 named<Activation>(json.at("activation")), optional_number(json.at("bias_init"))};
  }
  LayerKind operator()(const ActivationLayer&) const {
    return ActivationLayer{named<Activation>(json.at("function"))};
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
  const Json& input = json.at("input");
  return build_model(
      json.at("name").get<std::string>(), json.at("source").get<std::string>(),
      {input.at(0).get<std::int64_t>(), input.at(1).get<std::int64_t>(), input.at(2).get<std::int64_t>()},
      layers, named<Loss>(json.at("loss")), {json.at("first_input_gradient").get<bool>()});
}

}  // namespace cnnbench
