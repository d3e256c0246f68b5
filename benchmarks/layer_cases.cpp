#include "benchmarks/layer_cases.h"

#include <algorithm>
#include <map>

#include "harness/plan.h"
#include "harness/worker/model_json.h"

namespace cnnbench {
namespace {

/// Equal for layers that are equal in all but name, wherever they stand in their networks.
std::string key_of(const LayerCase& layer) {
  Model alone;
  alone.input = layer.layer().input;
  alone.layers = {layer.layer()};
  alone.layers[0].name.clear();
  return std::to_string(layer.batch) + " " + model_to_json(alone).dump();
}

}  // namespace

std::vector<LayerCase> distinct_layers(const std::vector<Config>& configs, const Options& options) {
  std::vector<LayerCase> cases;
  std::map<std::string, std::size_t> known;  // key → index into `cases`
  for (const Config& config : configs)
    for (const NetworkConfig& network : config.networks) {
      const auto model = std::make_shared<const Model>(network.model);
      for (std::size_t i = 0; i < network.model.layers.size(); ++i) {
        LayerCase one{network.model.name + "/" + network.model.layers[i].name,
                      model,
                      static_cast<int>(i),
                      batch_of(network, options, 1),
                      options.passes.empty() ? network.run.passes : options.passes,
                      {}};
        const auto [place, is_new] = known.emplace(key_of(one), cases.size());
        if (is_new) {
          cases.push_back(std::move(one));
          continue;
        }
        LayerCase& first = cases[place->second];
        first.others.push_back(one.name);
        if (one.layer().input_gradient && !first.layer().input_gradient) {
          first.network = one.network;
          first.index = one.index;
        }
        for (const Pass pass : one.passes)
          if (std::find(first.passes.begin(), first.passes.end(), pass) == first.passes.end())
            first.passes.push_back(pass);
      }
    }
  return cases;
}

LayerCase matrix_product_of(const LayerCase& convolution) {
  constexpr std::int64_t most_elements = (std::int64_t{256} << 20) / 4;
  const auto& settings = std::get<Convolution>(convolution.layer().kind);
  const Shape& output = convolution.layer().output;
  const std::int64_t taps = convolution.layer().weights / settings.filters;
  const std::int64_t plane = output.height * output.width;
  const std::int64_t images = std::clamp<std::int64_t>(most_elements / (taps * plane), 1, convolution.batch);
  Dense dense;
  dense.units = images * plane;
  dense.bias = false;
  return {convolution.name,
          std::make_shared<const Model>(
              build_model(convolution.network->name, "", {taps, 1, 1}, {{"sgemm", dense}}, Loss::l2)),
          0,
          settings.filters / settings.groups,
          {Pass::forward},
          {}};
}

}  // namespace cnnbench
