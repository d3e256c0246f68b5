#include "kernels/onednn/layer_choice.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "harness/backend/tuner.h"
#include "harness/model/cost.h"
#include "kernels/onednn/program.h"
#include "kernels/onednn/winograd.h"

namespace cnnbench::onednn {
namespace {

/// Whether the arithmetic promises a gain: multiplications of direct convolution over those of Winograd with
/// its transforms, which cost about as much as `transform` more channels on either side.
bool promises_gain(const ModelLayer& layer, const PrepareOptions& options, int tile_size) {
  constexpr double transform = 20;
  constexpr double least_gain = 1.5;
  const winograd::Shape shape = winograd_shape(layer, options, tile_size);
  const auto in = static_cast<double>(shape.in_channels);
  const auto out = static_cast<double>(shape.out_channels);
  const double direct =
      winograd::taps * in * out * static_cast<double>(shape.batch * shape.out_height * shape.out_width);
  const double transformed = static_cast<double>(shape.products()) * (in * out + transform * (in + out));
  return direct >= least_gain * transformed;
}

bool has_winograd(const Program& program) {
  const std::vector<Operation>& all = program.operations();
  return std::any_of(all.begin(), all.end(),
                     [](const Operation& operation) { return operation.algorithm == Algorithm::winograd; });
}

/// Operations of a step in one direction, or in all: without the reorders at the borders.
std::vector<std::size_t> operations_of(const Program& program, std::optional<Direction> direction) {
  std::vector<std::size_t> found;
  const std::vector<Operation>& all = program.operations();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool border = i == 0 || i + 1 == all.size();
    if (direction ? all[i].direction == *direction : !border || all[i].direction != Direction::reorder)
      found.push_back(i);
  }
  return found;
}

/// A layer alone, as chosen.
Candidate candidate(const std::string& name, const Model& layer, const PrepareOptions& options,
                    const LayerChoice& choice, std::optional<Direction> direction = {}) {
  return {name, [&layer, &options, choice, direction] {
            const std::shared_ptr<Program> program =
                make_program(layer, options, {}, with_neighbours(layer, {choice}));
            // Alone, with less memory, the library may do without where it would not in the network.
            if (choice.source == Source::library && !choice.direct && !has_winograd(*program))
              throw std::runtime_error("the library does not take a Winograd of its own");
            program->step();  // from here on its tensors are those of a step
            return [program, timed = operations_of(*program, direction)] {
              for (const std::size_t operation : timed) program->run(operation);
            };
          }};
}

LayerChoice on_winograd(const TileSizes& tiles) {
  return {.source = Source::winograd, .tiles = tiles};
}

/// The fastest by the tuner, a layer alone: first of the tiles in each direction, then of those who can
/// compute the layer. What is expected to be the fastest is the first candidate.
LayerChoice tuned(const Model& model, int index, const PrepareOptions& options) {
  const Model alone = single_layer(model, index);
  const ModelLayer& layer = alone.layers[0];
  const bool training = options.pass != Pass::forward;
  const double network_bytes = memory_bytes(model, training, options.batch);
  const std::string work = in_words(layer) + (training && !layer.input_gradient ? ", no input gradient" : "");
  const auto ask = [&](const std::string& what, const std::vector<Candidate>& candidates) {
    return fastest(options, work + what, candidates, network_bytes);
  };

  TileSizes sizes = best_tile_sizes(layer, options);
  const auto tune = [&](int& size, Direction direction) {
    const auto with_size = [&](int tiles) {
      return candidate("tiles of size " + std::to_string(tiles), alone, options,
                       on_winograd({tiles, tiles, tiles}), direction);
    };
    const int other = 3 - size;
    if (ask("; tiles, " + std::string(to_string(direction)), {with_size(size), with_size(other)}) == 1)
      size = other;
  };
  tune(sizes.forward, Direction::forward);
  if (training && layer.input_gradient) tune(sizes.backward_data, Direction::backward_data);
  if (training) tune(sizes.backward_weights, Direction::backward_weights);

  std::vector<std::pair<std::string, LayerChoice>> ways{{"winograd", on_winograd(sizes)}};
  if (!has_negative_padding(layer)) {
    ways.insert(promises_gain(layer, options, sizes.forward) ? ways.end() : ways.begin(),
                {"onednn, direct", {.direct = true}});
    ways.emplace_back("onednn, its own Winograd", LayerChoice{});
  }
  std::vector<Candidate> candidates;
  for (const auto& [name, way] : ways) candidates.push_back(candidate(name, alone, options, way));
  return ways[ask("", candidates)].second;
}

/// Whether verification found kernels/winograd wrong in the layer.
bool distrusted(const ModelLayer& layer, const PrepareOptions& options) {
  return std::any_of(options.distrusted.begin(), options.distrusted.end(), [&](const Distrusted& each) {
    return each.layer == layer.name && each.implementation.starts_with("winograd:");
  });
}

/// Whether the nearest layer with weights, `step` 1 behind or -1 before this one, is on kernels/winograd.
bool next_to_winograd(const Model& model, const std::vector<LayerChoice>& choices, int layer, int step) {
  for (int i = layer + step; i >= 0 && i < static_cast<int>(model.layers.size()); i += step) {
    const LayerKind& kind = model.layers[static_cast<std::size_t>(i)].kind;
    if (std::holds_alternative<cnnbench::Convolution>(kind) || std::holds_alternative<Dense>(kind))
      return choices[static_cast<std::size_t>(i)].source == Source::winograd;
  }
  return false;
}

}  // namespace

std::vector<LayerChoice> layer_choices(const Model& model, const PrepareOptions& options,
                                       const Variant& variant) {
  std::vector<LayerChoice> choices(model.layers.size(), {.direct = variant.direct});
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const ModelLayer& layer = model.layers[i];
    if (variant.winograd == WinogradUse::none || !winograd_can(layer) || distrusted(layer, options)) continue;
    if (variant.winograd == WinogradUse::by_timing) {
      choices[i] = tuned(model, static_cast<int>(i), options);
      continue;
    }
    // What the library cannot compute is ours in any case.
    const TileSizes best = best_tile_sizes(layer, options);
    if (variant.winograd == WinogradUse::all || has_negative_padding(layer) ||
        promises_gain(layer, options, best.forward))
      choices[i] = on_winograd(best);
  }
  return with_neighbours(model, std::move(choices));
}

std::vector<LayerChoice> winograd_everywhere(const Model& model, const TileSizes& tiles) {
  std::vector<LayerChoice> choices(model.layers.size());
  for (std::size_t i = 0; i < choices.size(); ++i)
    if (winograd_can(model.layers[i])) choices[i] = on_winograd(tiles);
  return with_neighbours(model, std::move(choices));
}

std::vector<LayerChoice> with_neighbours(const Model& model, std::vector<LayerChoice> choices) {
  for (std::size_t i = 1; i < choices.size(); ++i) {
    LayerChoice& before = choices[i - 1];
    LayerChoice& layer = choices[i];
    const Activation activation = fused_activation(model.layers[i - 1].kind);
    const bool ours = before.source == Source::winograd;
    before.computes_next = ours && (activation == Activation::none || activation == Activation::relu) &&
                           winograd_can_pool(model.layers[i]);
    if (before.computes_next) layer.source = Source::layer_before;
    // Ours goes back through its own ReLU as it reads a gradient.
    layer.relu_of_before = layer.source == Source::winograd && before.source == Source::library &&
                           activation == Activation::relu;
    before.relu_by_next = layer.relu_of_before;
  }
  // The library's outputs for ours are in our layout; so are the inputs of its layers between two of ours.
  // Elsewhere a reorder costs less than a primitive in a layout that it is not best at.
  for (int i = 0; i < static_cast<int>(choices.size()); ++i) {
    LayerChoice& layer = choices[static_cast<std::size_t>(i)];
    layer.blocked_output = next_to_winograd(model, choices, i, 1);
    layer.blocked_input = layer.blocked_output && next_to_winograd(model, choices, i, -1);
  }
  return choices;
}

double winograd_bytes(const Model& model, const PrepareOptions& options, const Variant& variant) {
  std::vector<std::vector<LayerChoice>> possible;
  if (variant.winograd == WinogradUse::by_timing) {
    for (const int size : {1, 2}) possible.push_back(winograd_everywhere(model, {size, size, size}));
  } else {
    possible.push_back(layer_choices(model, options, variant));
  }
  std::int64_t kept = 0;     // in inference: transformed weights
  std::int64_t scratch = 0;  // of one operation, since the next one has the same memory
  for (std::size_t i = 0; i < model.layers.size(); ++i) {
    std::int64_t packed = 0;
    for (const std::vector<LayerChoice>& choices : possible) {
      if (choices[i].source != Source::winograd) continue;
      const TileSizes& tiles = choices[i].tiles;
      const auto convolution = [&](int size) { return winograd_convolution(model.layers[i], options, size); };
      const winograd::Convolution forward = convolution(tiles.forward);
      if (options.pass == Pass::forward) {
        packed = std::max(packed, forward.packed_size());
        scratch = std::max(scratch, forward.forward_scratch_size());
      } else {
        const winograd::Convolution data = convolution(tiles.backward_data);
        const winograd::Convolution weights = convolution(tiles.backward_weights);
        scratch = std::max({scratch, forward.packed_size() + forward.forward_scratch_size(),
                            data.packed_backward_size() + data.backward_data_scratch_size(),
                            weights.backward_weights_scratch_size()});
      }
    }
    kept += packed;
  }
  // In training two operations may have memory of their own: buffers are shared where they fit best.
  const std::int64_t buffers = options.pass == Pass::forward ? 1 : 2;
  return static_cast<double>(kept + buffers * scratch) * sizeof(float);
}

}  // namespace cnnbench::onednn
