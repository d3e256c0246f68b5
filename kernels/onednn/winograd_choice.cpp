#include "kernels/onednn/winograd_choice.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <string>

#include "kernels/onednn/program.h"
#include "kernels/onednn/winograd.h"
#include "kernels/winograd/convolution.h"

namespace cnnbench::onednn {
namespace {

/// Whether the arithmetic promises a gain: multiplications of direct convolution over those of Winograd with
/// its transforms, which cost about as much as `transform` more channels on either side.
bool promises_gain(const ModelLayer& layer, const PrepareOptions& options) {
  constexpr double transform = 20;
  constexpr double least_gain = 1.5;
  const winograd::Shape shape = winograd_shape(layer, options, Direction::forward);
  const auto in = static_cast<double>(shape.in_channels);
  const auto out = static_cast<double>(shape.out_channels);
  const double direct =
      winograd::taps * in * out * static_cast<double>(shape.batch * shape.out_height * shape.out_width);
  const double transformed = static_cast<double>(shape.products()) * (in * out + transform * (in + out));
  return direct >= least_gain * transformed;
}

/// Least seconds of a step's operations without the reorders at the borders, in turns, after one untimed.
std::array<double, 2> step_seconds(const std::array<std::unique_ptr<Program>, 2>& programs) {
  constexpr int runs = 5;
  using Clock = std::chrono::steady_clock;
  std::array<double, 2> least{1e30, 1e30};
  for (int run = -1; run < runs; ++run)
    for (std::size_t side = 0; side < programs.size(); ++side) {
      double sum = 0;
      const std::vector<Operation>& operations = programs[side]->operations();
      for (std::size_t i = 0; i < operations.size(); ++i) {
        const Clock::time_point start = Clock::now();
        programs[side]->run(i);
        const bool border = i == 0 || i + 1 == operations.size();
        if (!border || operations[i].direction != Direction::reorder)
          sum += std::chrono::duration<double>(Clock::now() - start).count();
      }
      if (run >= 0) least[side] = std::min(least[side], sum);
    }
  return least;
}

/// What makes two layers the same to the tuner.
std::string key_of(const ModelLayer& layer, const PrepareOptions& options) {
  const winograd::Shape s = winograd_shape(layer, options, Direction::forward);
  std::string key;
  for (const std::int64_t number :
       {s.batch, s.in_channels, s.out_channels, s.in_height, s.in_width, s.out_height, s.out_width,
        s.padding_top, s.padding_left, layer.biases, std::int64_t{layer.input_gradient},
        std::int64_t{options.threads}, static_cast<std::int64_t>(options.pass),
        static_cast<std::int64_t>(fused_activation(layer.kind))})
    key += std::to_string(number) + " ";
  return key;
}

/// The exception to "kernels never time": the user asked for the faster one. A layer alone, all its
/// directions. What was found is kept for the process, so that all views of a layer run the same.
bool is_faster(const Model& model, int index, const PrepareOptions& options) {
  static std::map<std::string, bool> known;
  const Model layer = single_layer(model, index);
  const auto [found, is_new] = known.try_emplace(key_of(layer.layers[0], options));
  if (!is_new) return found->second;
  const auto prepare = [&](WinogradUse use) {
    Variant variant;
    variant.winograd = use;
    return make_program(layer, options, variant);
  };
  const std::array<double, 2> seconds = step_seconds({prepare(WinogradUse::none), prepare(WinogradUse::all)});
  return found->second = seconds[1] < seconds[0];
}

}  // namespace

std::vector<bool> winograd_layers(const Model& model, const PrepareOptions& options, WinogradUse use) {
  std::vector<bool> taken;
  for (int i = 0; i < static_cast<int>(model.layers.size()); ++i) {
    const ModelLayer& layer = model.layers[static_cast<std::size_t>(i)];
    // What the library cannot compute is ours in any case.
    taken.push_back(
        use != WinogradUse::none && winograd_can(layer) &&
        (use == WinogradUse::all || has_negative_padding(layer) ||
         (use == WinogradUse::by_timing ? is_faster(model, i, options) : promises_gain(layer, options))));
  }
  return taken;
}

std::vector<bool> layers_pooled_by_winograd(const Model& model, const std::vector<bool>& on_winograd) {
  std::vector<bool> pooled(model.layers.size(), false);
  for (std::size_t i = 1; i < pooled.size(); ++i) {
    const Activation activation = fused_activation(model.layers[i - 1].kind);
    pooled[i] = on_winograd[i - 1] && (activation == Activation::none || activation == Activation::relu) &&
                winograd_can_pool(model.layers[i]);
  }
  return pooled;
}

double winograd_bytes(const Model& model, const PrepareOptions& options, WinogradUse use) {
  const WinogradUse most = use == WinogradUse::by_timing ? WinogradUse::all : use;
  const std::vector<bool> taken = winograd_layers(model, options, most);
  std::int64_t kept = 0;     // in inference: transformed weights
  std::int64_t scratch = 0;  // of one operation, since the next one has the same memory
  for (std::size_t i = 0; i < taken.size(); ++i) {
    if (!taken[i]) continue;
    const ModelLayer& layer = model.layers[i];
    const winograd::Convolution forward = winograd_convolution(layer, options, Direction::forward);
    if (options.pass == Pass::forward) {
      kept += forward.packed_size();
      scratch = std::max(scratch, forward.forward_scratch_size());
    } else {
      const winograd::Convolution data = winograd_convolution(layer, options, Direction::backward_data);
      const winograd::Convolution weights = winograd_convolution(layer, options, Direction::backward_weights);
      scratch = std::max({scratch, forward.packed_size() + forward.forward_scratch_size(),
                          data.packed_backward_size() + data.backward_data_scratch_size(),
                          weights.backward_weights_scratch_size()});
    }
  }
  return static_cast<double>(kept + scratch) * sizeof(float);
}

bool next_to_winograd(const Model& model, const std::vector<bool>& on_winograd, int layer, int step) {
  for (int i = layer + step; i >= 0 && i < static_cast<int>(model.layers.size()); i += step) {
    const LayerKind& kind = model.layers[static_cast<std::size_t>(i)].kind;
    if (std::holds_alternative<cnnbench::Convolution>(kind) || std::holds_alternative<Dense>(kind))
      return on_winograd[static_cast<std::size_t>(i)];
  }
  return false;
}

}  // namespace cnnbench::onednn
