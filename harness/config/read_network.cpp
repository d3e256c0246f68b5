#include "harness/config/read_network.h"

#include <fmt/format.h>

#include "harness/config/read_layers.h"
#include "harness/config/utf8.h"

namespace cnnbench {
namespace {

Shape read_input(const Value& value) {
  const MapReader map(value, "input", {"channels", "height", "width"});
  Shape shape;
  shape.channels = map.at("channels").integer(1, most_size);
  shape.height = map.at("height").integer(1, most_size);
  shape.width = map.at("width").integer(1, most_size);
  return shape;
}

/// What the loss is taken of.
Shape loss_shape(const Model& model) {
  const int layer = model.loss_layer();
  return layer < 0 ? model.input : model.layers[static_cast<std::size_t>(layer)].output;
}

/// build_model with the model's complaints at their layer's place.
Model build(const std::string& name, const std::string& source, const Shape& input, const LayerList& list,
            Loss loss, const Value& layers) {
  try {
    return build_model(name, source, input, list.layers, loss);
  } catch (const ModelError& error) {
    if (error.layer < 0) layers.fail(fmt::format("cannot build the network: {}", error.what()));
    const auto index = static_cast<std::size_t>(error.layer);
    layers.source().fail(list.places[index],
                         fmt::format("layer {}: {}", in_quotes(list.layers[index].name), error.what()));
  }
}

Loss read_loss(const Value& value, const Model& model) {
  const Loss loss = value.one_of({Loss::l2, Loss::cross_entropy});
  const Shape shape = loss_shape(model);
  if (loss == Loss::cross_entropy && (shape.height != 1 || shape.width != 1)) {
    value.fail(
        fmt::format("'loss' is cross_entropy, which wants one value a class; expected an output of height "
                    "and width 1, found {}",
                    to_string(shape)));
  }
  return loss;
}

Loss default_loss(const Model& model) {
  const bool classifies = model.loss_layer() + 1 < static_cast<int>(model.layers.size());
  const Shape shape = loss_shape(model);
  return classifies && shape.height == 1 && shape.width == 1 ? Loss::cross_entropy : Loss::l2;
}

}  // namespace

NetworkConfig read_network(const Value& root) {
  const MapReader map(root, "a network",
                      {"model", "source", "input", "batch", "layers", "loss", "optimizer", "run"});
  NetworkConfig config;
  config.file = root.source().name();
  const std::string name = map.at("model").name();
  const auto source = map.find("source");
  const Shape input = read_input(map.at("input"));
  if (const auto batch = map.find("batch")) config.batch = batch->integer(1, most_size);
  const Value layers = map.at("layers");
  const LayerList list = read_layers(layers);
  if (const auto optimizer = map.find("optimizer")) config.optimizer = read_optimizer(*optimizer);
  if (const auto run = map.find("run")) read_run(*run, config.run);

  // Which loss suits depends on the last shape, which only the model knows; no shape depends on the loss.
  config.model = build(name, source ? source->text(500) : "", input, list, Loss::l2, layers);
  const auto loss = map.find("loss");
  config.model.loss = loss ? read_loss(*loss, config.model) : default_loss(config.model);
  return config;
}

}  // namespace cnnbench
