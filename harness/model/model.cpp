#include "harness/model/model.h"

#include <algorithm>
#include <set>

#include "harness/model/cost.h"
#include "harness/model/layer_rules.h"

namespace cnnbench {
namespace {

// Limits on one image's totals, so that no product with a batch of up to 2^20 leaves 64 bits.
constexpr std::int64_t most_elements = std::int64_t{1} << 38;
constexpr std::int64_t most_flops = std::int64_t{1} << 41;

/// What one element of the layers so far sees of the network's input, in pixels.
struct ReceptiveField {
  Extent size{1, 1};
  Extent jump{1, 1};       ///< between the fields of neighbouring elements
  Extent flattened{1, 1};  ///< that a layer before merged into one

  void pass(const Shape& input, const LayerOutput& placement) {
    const Extent all{capped_product(flattened.height, input.height),
                     capped_product(flattened.width, input.width)};
    switch (placement.sees) {
      case Sees::window:
        grow(placement.kernel, placement.stride);
        break;
      case Sees::all:  // merging only hides that there are several
        grow(all, {1, 1});
        flattened = {1, 1};
        break;
      case Sees::merged:
        flattened = all;
        break;
    }
  }

 private:
  void grow(Extent kernel, Extent stride) {
    constexpr std::int64_t cap = most_elements;  // deep strided networks must not overflow
    size.height = std::min(cap, size.height + capped_product(kernel.height - 1, jump.height));
    size.width = std::min(cap, size.width + capped_product(kernel.width - 1, jump.width));
    jump.height = std::min(cap, capped_product(jump.height, stride.height));
    jump.width = std::min(cap, capped_product(jump.width, stride.width));
  }
};

void check_size(const Shape& shape, int layer) {
  const std::int64_t size = capped_product(capped_product(shape.channels, shape.height), shape.width);
  if (size > most_elements) throw ModelError(layer, "its output of " + to_string(shape) + " is too large");
}

void mark_backward(Model& model) {
  bool gradient_wanted = model.first_input_gradient;
  const int last = model.loss_layer();
  for (int i = 0; i <= last; ++i) {
    ModelLayer& layer = model.layers[static_cast<std::size_t>(i)];
    layer.input_gradient = gradient_wanted;
    gradient_wanted = gradient_wanted || layer.parameters() > 0;
    layer.backward = gradient_wanted;
  }
}

std::vector<Layer> stated(const std::vector<ModelLayer>& layers, std::size_t first, std::size_t count) {
  std::vector<Layer> result;
  for (std::size_t i = first; i < first + count; ++i) result.push_back({layers[i].name, layers[i].kind});
  return result;
}

}  // namespace

std::string_view to_string(Loss loss) {
  return loss == Loss::l2 ? "l2" : "cross_entropy";
}

std::int64_t Model::parameters() const {
  std::int64_t sum = 0;
  for (const ModelLayer& layer : layers) sum += layer.parameters();
  return sum;
}

int Model::loss_layer() const {
  const int last = static_cast<int>(layers.size()) - 1;
  return last >= 0 && rules_of(layers.back().kind).traits.part_of_loss ? last - 1 : last;
}

Model build_model(std::string name, std::string source, Shape input, const std::vector<Layer>& layers,
                  Loss loss, const ModelOptions& options) {
  if (layers.empty()) throw ModelError(-1, "the network has no layers");
  check_size(input, -1);
  Model model{std::move(name), std::move(source), input, {}, loss, options.first_input_gradient};
  std::set<std::string> names;
  ReceptiveField field;
  std::int64_t elements = input.size();
  std::int64_t all_flops = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const int index = static_cast<int>(i);
    if (!names.insert(layers[i].name).second)
      throw ModelError(index, "the name '" + layers[i].name + "' is used by an earlier layer");
    ModelLayer layer;
    layer.name = layers[i].name;
    layer.kind = layers[i].kind;
    layer.input = i == 0 ? input : model.layers.back().output;

    const LayerSizes sizes = sizes_of(layer);
    if (!sizes.placement.fault.empty()) throw ModelError(index, sizes.placement.fault);
    field.pass(layer.input, sizes.placement);
    layer.output = sizes.placement.output;
    layer.padding = sizes.placement.padding;
    layer.receptive_field = field.size;
    layer.weights = 1;
    for (const std::int64_t extent : sizes.parameters.weights)
      layer.weights = capped_product(layer.weights, extent);
    layer.biases = sizes.parameters.biases;

    check_size(layer.output, index);
    if (layer.weights > most_elements) throw ModelError(index, "it has too many weights");
    elements += layer.output.size() + layer.parameters();
    if (elements > most_elements) throw ModelError(index, "the network is too large up to here");
    if (sizes.sum.counted && capped_product(2 * sizes.sum.terms, layer.output.size()) > most_flops)
      throw ModelError(index, "it needs too many operations (more than 2^41 an image)");
    all_flops += flops(layer, Direction::forward, 1);
    if (all_flops > most_flops) throw ModelError(index, "the network needs too many operations up to here");
    model.layers.push_back(std::move(layer));
  }
  mark_backward(model);
  return model;
}

Model prefix(const Model& model, int count) {
  if (count < 1 || count > static_cast<int>(model.layers.size()))
    throw std::out_of_range("prefix of a network");
  return build_model(model.name, model.source, model.input,
                     stated(model.layers, 0, static_cast<std::size_t>(count)), model.loss,
                     {model.first_input_gradient});
}

Model single_layer(const Model& model, int index) {
  const ModelLayer& layer = model.layers.at(static_cast<std::size_t>(index));
  return build_model(model.name, model.source, layer.input,
                     stated(model.layers, static_cast<std::size_t>(index), 1), Loss::l2,
                     {layer.input_gradient});
}

std::string in_words(const ModelLayer& layer) {
  std::string words =
      std::string(kind_name(layer.kind)) + " " + to_string(layer.input) + " to " + to_string(layer.output);
  const LayerSizes sizes = sizes_of(layer);
  const LayerOutput& window = sizes.placement;
  if (window.sees == Sees::window && (window.kernel != Extent{1, 1} || layer.weights > 0)) {
    const std::string before = to_string(layer.padding.before);
    const std::string after = to_string(layer.padding.after);
    words += ", kernel " + to_string(window.kernel) + ", stride " + to_string(window.stride) + ", padding " +
             before + (after == before ? "" : " to " + after);
  }
  if (layer.weights > 0) words += ", " + std::to_string(layer.weights) + " weights";  // groups have fewer
  if (layer.biases > 0) words += ", bias";
  if (const Activation activation = fused_activation(layer.kind); activation != Activation::none)
    words += ", " + std::string(to_string(activation));
  return words;
}

}  // namespace cnnbench
