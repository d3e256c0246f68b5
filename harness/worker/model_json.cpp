#include "harness/worker/model_json.h"

#include <optional>
#include <utility>

#include "harness/model/layer_rules.h"

namespace cnnbench {
namespace {

using Json = nlohmann::json;

/// Puts settings at the end of a list.
struct Write {
  Json& list;

  template <typename... Settings>
  void operator()(const Settings&... settings) const {
    (put(settings), ...);
  }

 private:
  template <typename Setting>
  void put(const Setting& setting) const {
    list.push_back(setting);
  }
  void put(const Extent& extent) const { list.push_back({extent.height, extent.width}); }
  void put(const std::optional<double>& number) const { list.push_back(number ? Json(*number) : Json()); }
};

/// Takes them from such a list.
struct Read {
  const Json& list;

  template <typename... Settings>
  void operator()(Settings&... settings) const {
    std::size_t index = 0;
    (take(list.at(index++), settings), ...);
  }

 private:
  template <typename Setting>
  static void take(const Json& json, Setting& setting) {
    json.get_to(setting);
  }
  static void take(const Json& json, Extent& extent) {
    extent = {json.at(0).get<std::int64_t>(), json.at(1).get<std::int64_t>()};
  }
  static void take(const Json& json, std::optional<double>& number) {
    if (json.is_null())
      number.reset();
    else
      number = json.get<double>();
  }
};

/// Hands all settings of a layer to Write or Read. A structured binding names every member, or does not
/// compile.
template <typename Transfer>
struct Settings {
  Transfer transfer;

  void operator()(Standardize& layer) const {
    auto& [mean, sd] = layer;
    transfer(mean, sd);
  }
  void operator()(Convolution& layer) const {
    auto& [filters, kernel, stride, rule, padding, crop, groups, bias, activation, bias_init] = layer;
    transfer(filters, kernel, stride, rule, padding, crop, groups, bias, activation, bias_init);
  }
  void operator()(Pooling& layer) const {
    auto& [pool, kernel, stride, padding, border] = layer;
    transfer(pool, kernel, stride, padding, border);
  }
  void operator()(Dense& layer) const {
    auto& [units, bias, activation, bias_init] = layer;
    transfer(units, bias, activation, bias_init);
  }
  void operator()(ActivationLayer& layer) const {
    auto& [function] = layer;
    transfer(function);
  }
  void operator()(Dropout& layer) const {
    auto& [keep] = layer;
    transfer(keep);
  }
  void operator()(Flatten&) const {}
  void operator()(Softmax&) const {}
  void operator()(LocalResponseNormalization&) const {}
  void operator()(BatchNormalization&) const {}
};

Json layer_to_json(const std::string& name, LayerKind kind) {
  Json settings = Json::array();
  std::visit(Settings<Write>{{settings}}, kind);
  return {{"name", name}, {"kind", kind.index()}, {"settings", std::move(settings)}};
}

Layer layer_from_json(const Json& json) {
  LayerKind kind = all_kinds().at(json.at("kind").get<std::size_t>());
  std::visit(Settings<Read>{{json.at("settings")}}, kind);
  return {json.at("name").get<std::string>(), kind};
}

}  // namespace

Json model_to_json(const Model& model) {
  Json json{{"name", model.name},
            {"source", model.source},
            {"input", {model.input.channels, model.input.height, model.input.width}},
            {"loss", model.loss},
            {"first_input_gradient", model.first_input_gradient},
            {"layers", Json::array()}};
  for (const ModelLayer& layer : model.layers)
    json["layers"].push_back(layer_to_json(layer.name, layer.kind));
  return json;
}

Model model_from_json(const Json& json) {
  std::vector<Layer> layers;
  for (const Json& layer : json.at("layers")) layers.push_back(layer_from_json(layer));
  const Json& input = json.at("input");
  return build_model(
      json.at("name").get<std::string>(), json.at("source").get<std::string>(),
      {input.at(0).get<std::int64_t>(), input.at(1).get<std::int64_t>(), input.at(2).get<std::int64_t>()},
      layers, json.at("loss").get<Loss>(), {json.at("first_input_gradient").get<bool>()});
}

}  // namespace cnnbench
