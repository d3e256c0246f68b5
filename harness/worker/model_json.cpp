#include "harness/worker/model_json.h"

#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "harness/model/layer_rules.h"

namespace cnnbench {
namespace {

using Json = nlohmann::json;

/// A setting that is at least 1; the others are at least 0.
template <typename Setting>
struct Positive {
  Setting& setting;
};
template <typename Setting>
Positive(Setting&) -> Positive<Setting>;

/// A whole number from `least` on, so small that no arithmetic with it overflows; no config has others.
/// Throws std::out_of_range for all else.
std::int64_t integer(const Json& json, std::int64_t least, std::int64_t most = 1'000'000) {
  // get() of a number beyond 64 bits, as 1e127, is undefined.
  if (json.is_number_integer())
    if (const auto value = json.get<std::int64_t>(); value >= least && value <= most) return value;
  throw std::out_of_range("no network has the number " + json.dump());
}

constexpr PaddingRule last_of(PaddingRule) {
  return PaddingRule::full;
}
constexpr Activation last_of(Activation) {
  return Activation::sigmoid;
}
constexpr PoolKind last_of(PoolKind) {
  return PoolKind::average;
}
constexpr Border last_of(Border) {
  return Border::keep;
}
constexpr Loss last_of(Loss) {
  return Loss::cross_entropy;
}

template <typename Enum>
Enum named(const Json& json) {
  return static_cast<Enum>(integer(json, 0, static_cast<std::int64_t>(last_of(Enum{}))));
}

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
  template <typename Setting>
  void put(const Positive<Setting>& one) const {
    put(std::as_const(one.setting));
  }
  void put(const Extent& extent) const { list.push_back({extent.height, extent.width}); }
  void put(const std::optional<double>& number) const { list.push_back(number ? Json(*number) : Json()); }
};

/// Takes them from such a list.
struct Read {
  const Json& list;

  template <typename... Settings>
  void operator()(Settings&&... settings) const {
    std::size_t index = 0;
    (take(list.at(index++), settings), ...);
  }

 private:
  template <typename Setting>
  static void take(const Json& json, Setting& setting) {
    if constexpr (std::is_enum_v<Setting>)
      setting = named<Setting>(json);
    else
      json.get_to(setting);
  }
  template <typename Setting>
  static void take(const Json& json, Positive<Setting>& one) {
    take(json, one.setting, 1);
  }
  static void take(const Json& json, std::int64_t& number, std::int64_t least = 0) {
    number = integer(json, least);
  }
  static void take(const Json& json, Extent& extent, std::int64_t least = 0) {
    extent = {integer(json.at(0), least), integer(json.at(1), least)};
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
    transfer(Positive{filters}, Positive{kernel}, Positive{stride}, rule, padding, crop, Positive{groups},
             bias, activation, bias_init);
  }
  void operator()(Pooling& layer) const {
    auto& [pool, kernel, stride, padding, border] = layer;
    transfer(pool, Positive{kernel}, Positive{stride}, padding, border);
  }
  void operator()(Dense& layer) const {
    auto& [units, bias, activation, bias_init] = layer;
    transfer(Positive{units}, bias, activation, bias_init);
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
  LayerKind kind = all_kinds().at(static_cast<std::size_t>(integer(json.at("kind"), 0)));
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
  // A layer alone may have as many channels as a whole map of its network has elements.
  constexpr std::int64_t most = std::int64_t{1} << 38;
  const Json& input = json.at("input");
  return build_model(
      json.at("name").get<std::string>(), json.at("source").get<std::string>(),
      {integer(input.at(0), 1, most), integer(input.at(1), 1, most), integer(input.at(2), 1, most)}, layers,
      named<Loss>(json.at("loss")), {json.at("first_input_gradient").get<bool>()});
}

}  // namespace cnnbench
