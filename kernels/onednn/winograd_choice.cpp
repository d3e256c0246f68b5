#include "kernels/onednn/winograd_choice.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "harness/model/cost.h"
#include "kernels/onednn/program.h"
#include "kernels/onednn/winograd.h"
#include "kernels/winograd/convolution.h"

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

/// Reads as much as the network has, up to what is more than a core's share of any last-level cache: what its
/// other layers leave in the caches of this one's weights, a layer that runs alone should not find there.
class CacheSweep {
 public:
  explicit CacheSweep(double network_bytes)
      : data_(static_cast<std::size_t>(std::min(network_bytes, most_bytes)) / sizeof(std::int64_t), 1) {}
  void operator()() { sum_ = std::accumulate(data_.begin(), data_.end(), std::int64_t{0}); }

 private:
  static constexpr double most_bytes = 128 << 20;
  std::vector<std::int64_t> data_;
  volatile std::int64_t sum_ = 0;
};

/// Of a step's operations without the reorders at the borders.
DirectionSeconds step_seconds(Program& program) {
  using Clock = std::chrono::steady_clock;
  DirectionSeconds seconds{};
  const std::vector<Operation>& operations = program.operations();
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const Clock::time_point start = Clock::now();
    program.run(i);
    const bool border = i == 0 || i + 1 == operations.size();
    if (!border || operations[i].direction != Direction::reorder)
      seconds.at(static_cast<std::size_t>(operations[i].direction)) +=
          std::chrono::duration<double>(Clock::now() - start).count();
  }
  return seconds;
}

/// The least that each takes in a few steps, in turns, after one untimed.
std::vector<DirectionSeconds> least_seconds(const std::vector<std::unique_ptr<Program>>& programs,
                                            CacheSweep& sweep) {
  constexpr int runs = 5;
  std::vector<DirectionSeconds> least(programs.size());
  for (int run = -1; run < runs; ++run)
    for (std::size_t i = 0; i < programs.size(); ++i) {
      sweep();
      const DirectionSeconds seconds = step_seconds(*programs[i]);
      for (std::size_t d = 0; d < seconds.size(); ++d)
        least[i][d] = run <= 0 ? seconds[d] : std::min(least[i][d], seconds[d]);
    }
  return least;
}

/// What makes two layers the same to the tuner.
std::string key_of(const ModelLayer& layer, const PrepareOptions& options) {
  const winograd::Shape s = winograd_shape(layer, options, 1);
  std::string key;
  for (const std::int64_t number :
       {s.batch, s.in_channels, s.out_channels, s.in_height, s.in_width, s.out_height, s.out_width,
        s.padding_top, s.padding_left, layer.biases, std::int64_t{layer.input_gradient},
        std::int64_t{options.threads}, static_cast<std::int64_t>(options.pass),
        static_cast<std::int64_t>(fused_activation(layer.kind))})
    key += std::to_string(number) + " ";
  return key;
}

bool has_own_winograd(const Program& of_library) {
  const std::vector<Operation>& all = of_library.operations();
  return std::any_of(all.begin(), all.end(), [](const Operation& operation) {
    return operation.implementation.find("wino") != std::string::npos;
  });
}

/// All that kernels/winograd can compute, with tiles of one size.
Variant with_tiles(int size) {
  return {.winograd = WinogradUse::all, .tiles = TileSizes{size, size, size}};
}

/// The exception to "kernels never time": the user asked for the fastest. A layer alone, all its directions.
/// What was found is kept for the process, so that all views of a layer run the same.
LayerChoice tuned(const Model& model, int index, const PrepareOptions& options) {
  static std::map<std::string, LayerChoice> known;
  const Model layer = single_layer(model, index);
  const std::string key = key_of(layer.layers[0], options);
  if (const auto found = known.find(key); found != known.end()) return found->second;
  std::vector<std::unique_ptr<Program>> programs;
  const auto add = [&](const Variant& variant) { programs.push_back(make_program(layer, options, variant)); };
  for (const int size : {1, 2}) add(with_tiles(size));
  if (!has_negative_padding(layer.layers[0])) {
    add({.direct = true});
    add({});
    // Alone, with less memory, it may do without where it would not in the network: then that is not timed.
    if (!has_own_winograd(*programs.back())) programs.pop_back();
  }
  CacheSweep sweep(memory_bytes(model, options.pass != Pass::forward, options.batch));
  const std::vector<DirectionSeconds> seconds = least_seconds(programs, sweep);
  LayerSeconds all{.winograd = {seconds[0], seconds[1]}};
  if (seconds.size() > 2) all.direct = seconds[2];
  if (seconds.size() > 3) all.own_winograd = seconds[3];
  // Only now: where a candidate cannot be prepared, nothing is kept.
  return known.emplace(key, fastest(all, best_tile_sizes(layer.layers[0], options))).first->second;
}

/// Whether verification found kernels/winograd wrong in the layer.
bool distrusted(const ModelLayer& layer, const PrepareOptions& options) {
  return std::any_of(options.distrusted.begin(), options.distrusted.end(), [&](const Distrusted& each) {
    return each.layer == layer.name && each.implementation.starts_with("winograd:");
  });
}

}  // namespace

LayerChoice fastest(const LayerSeconds& seconds, const TileSizes& expected) {
  constexpr double clearly_faster = 0.95;
  const auto of_size = [&](int size, std::size_t direction) {
    return seconds.winograd.at(static_cast<std::size_t>(size - 1)).at(direction);
  };
  double ours = 0;
  const auto choose = [&](Direction direction, int size) {
    const auto d = static_cast<std::size_t>(direction);
    const int other = 3 - size;
    const int chosen = of_size(other, d) < clearly_faster * of_size(size, d) ? other : size;
    ours += of_size(chosen, d);
    return chosen;
  };
  const TileSizes sizes{.forward = choose(Direction::forward, expected.forward),
                        .backward_data = choose(Direction::backward_data, expected.backward_data),
                        .backward_weights = choose(Direction::backward_weights, expected.backward_weights)};
  const auto reorder = static_cast<std::size_t>(Direction::reorder);
  ours += std::min(of_size(1, reorder), of_size(2, reorder));
  const auto sum = [](const std::optional<DirectionSeconds>& of) {
    return of ? std::accumulate(of->begin(), of->end(), 0.0) : std::numeric_limits<double>::infinity();
  };
  if (ours < std::min(sum(seconds.direct), sum(seconds.own_winograd))) return {.winograd = sizes};
  return {.direct = sum(seconds.direct) <= sum(seconds.own_winograd)};
}

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
      choices[i].winograd = variant.tiles.value_or(best);
  }
  return choices;
}

std::vector<bool> layers_pooled_by_winograd(const Model& model, const std::vector<LayerChoice>& choices) {
  std::vector<bool> pooled(model.layers.size(), false);
  for (std::size_t i = 1; i < pooled.size(); ++i) {
    const Activation activation = fused_activation(model.layers[i - 1].kind);
    pooled[i] = choices[i - 1].winograd.has_value() &&
                (activation == Activation::none || activation == Activation::relu) &&
                winograd_can_pool(model.layers[i]);
  }
  return pooled;
}

double winograd_bytes(const Model& model, const PrepareOptions& options, const Variant& variant) {
  std::vector<std::vector<LayerChoice>> possible;
  if (variant.winograd == WinogradUse::by_timing) {
    for (const int size : {1, 2}) possible.push_back(layer_choices(model, options, with_tiles(size)));
  } else {
    possible.push_back(layer_choices(model, options, variant));
  }
  std::int64_t kept = 0;     // in inference: transformed weights
  std::int64_t scratch = 0;  // of one operation, since the next one has the same memory
  for (std::size_t i = 0; i < model.layers.size(); ++i) {
    std::int64_t packed = 0;
    for (const std::vector<LayerChoice>& choices : possible) {
      const std::optional<TileSizes>& tiles = choices[i].winograd;
      if (!tiles) continue;
      const auto convolution = [&](int size) { return winograd_convolution(model.layers[i], options, size); };
      const winograd::Convolution forward = convolution(tiles->forward);
      if (options.pass == Pass::forward) {
        packed = std::max(packed, forward.packed_size());
        scratch = std::max(scratch, forward.forward_scratch_size());
      } else {
        const winograd::Convolution data = convolution(tiles->backward_data);
        const winograd::Convolution weights = convolution(tiles->backward_weights);
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

bool next_to_winograd(const Model& model, const std::vector<LayerChoice>& choices, int layer, int step) {
  for (int i = layer + step; i >= 0 && i < static_cast<int>(model.layers.size()); i += step) {
    const LayerKind& kind = model.layers[static_cast<std::size_t>(i)].kind;
    if (std::holds_alternative<cnnbench::Convolution>(kind) || std::holds_alternative<Dense>(kind))
      return choices[static_cast<std::size_t>(i)].winograd.has_value();
  }
  return false;
}

}  // namespace cnnbench::onednn
