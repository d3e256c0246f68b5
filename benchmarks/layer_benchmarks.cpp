#include "benchmarks/layer_benchmarks.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <numeric>

#include "harness/measure/statistics.h"
#include "kernels/gemm/tiles.h"

namespace cnnbench {
namespace {

using Wanted = PreparedLayers::Wanted;

/// What the benchmarks of one layer on one backend have in common.
struct Subject {
  const LayerCase* layer;
  const Backend* backend;
  PreparedLayers* prepared;
  double peak;  ///< FLOP/s
};

bool is_gemm(const Backend& backend) {
  return backend.name().starts_with("gemm:");
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return quantile(values, 0.5);
}

double sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

/// Rates are total work over total time; `seconds` has a time an iteration.
void count_work(benchmark::State& state, const LayerCase& layer, Direction direction, double peak,
                const std::vector<double>& seconds) {
  const auto flop = static_cast<double>(flops(layer.layer(), direction, layer.batch));
  const auto moved = static_cast<double>(bytes(layer.layer(), direction, layer.batch));
  const auto rate = benchmark::Counter::kIsIterationInvariantRate;
  if (moved > 0) state.counters["bytes/s"] = {moved, rate};
  if (flop == 0) return;
  state.counters["FLOP/s"] = {flop, rate};
  state.counters["percent_of_peak"] = 100 * flop * static_cast<double>(seconds.size()) / sum(seconds) / peak;
}

/// What the gemm backends allocate for im2col, in MiB.
double scratch_mib(const LayerCase& layer, const Convolution& convolution) {
  const gemm::Tiling tiling(gemm::ConvolutionShape(layer.layer(), convolution, layer.batch));
  return static_cast<double>(tiling.column_elements() + tiling.output_elements()) * sizeof(float) / (1 << 20);
}

/// What ran; "(direct-equivalent)" says why its share of the peak may be above 100 %.
std::string label(const OperationGroup& operations, const LayerCase& layer) {
  std::string text = operations.implementation +
                     (operations.layout.empty() ? "" : " (" + operations.layout + ")") +
                     (operations.direct_equivalent ? " (direct-equivalent)" : "");
  for (const std::string& other : layer.others)
    text += (&other == &layer.others.front() ? "; also " : ", ") + other;
  return text;
}

/// Of a matrix product as a dense layer: "256x2304x6272".
std::string sizes_of(const LayerCase& product) {
  const Dense& dense = std::get<Dense>(product.layer().kind);
  return std::to_string(product.batch) + "x" + std::to_string(product.layer().input.size()) + "x" +
         std::to_string(dense.units);
}

/// Calls `run` with the prepared layers. Whatever keeps them from running becomes the benchmark's error.
void with_prepared(benchmark::State& state, PreparedLayers& prepared, const std::vector<Wanted>& wanted,
                   Direction direction,
                   const std::function<void(const std::vector<std::unique_ptr<PreparedLayer>>&)>& run) {
  std::string error;
  try {
    for (const Wanted& one : wanted)
      for (const ModelLayer& layer : one.layer->network->layers)
        if (error.empty()) error = one.backend->unsupported(layer, one.pass);
    if (error.empty()) {
      const std::vector<std::unique_ptr<PreparedLayer>> layers = prepared.hold(wanted);
      for (const std::unique_ptr<PreparedLayer>& layer : layers)
        if (layer->operations(direction) == nullptr)
          error = "the backend runs nothing of its own here: no work, or part of another operation";
      if (error.empty()) run(layers);
    }
  } catch (const std::bad_alloc&) {
    error = "out of memory while preparing";
  } catch (const std::exception& exception) {
    error = exception.what();
  }
  if (!error.empty()) state.SkipWithError(error.c_str());
}

void run_direction(benchmark::State& state, const Subject& subject, Pass pass, Direction direction) {
  const LayerCase& layer = *subject.layer;
  with_prepared(state, *subject.prepared, {{&layer, subject.backend, pass}}, direction,
                [&](const std::vector<std::unique_ptr<PreparedLayer>>& prepared) {
                  PreparedLayer& one = *prepared[0];
                  std::vector<double> seconds;
                  std::vector<double> reorders;
                  for (auto _ : state) {
                    one.run_step();
                    seconds.push_back(one.seconds(direction));
                    state.SetIterationTime(seconds.back());
                    reorders.push_back(one.seconds(Direction::reorder));
                  }
                  count_work(state, layer, direction, subject.peak, seconds);
                  if (one.operations(Direction::reorder) != nullptr)
                    state.counters["reorder_ms"] = 1e3 * median(reorders);
                  const auto* convolution = std::get_if<Convolution>(&layer.layer().kind);
                  if (convolution != nullptr && is_gemm(*subject.backend))
                    state.counters["scratch_MiB"] = scratch_mib(layer, *convolution);
                  state.SetLabel(label(*one.operations(direction), layer));
                });
}

/// The convolution and its matrix product in turns, so that a drift of the machine meets both.
void run_over_sgemm(benchmark::State& state, const Subject& subject, const LayerCase& product) {
  const LayerCase& layer = *subject.layer;
  with_prepared(
      state, *subject.prepared,
      {{&layer, subject.backend, Pass::forward}, {&product, subject.backend, Pass::forward}},
      Direction::forward, [&](const std::vector<std::unique_ptr<PreparedLayer>>& prepared) {
        std::vector<double> seconds[2];
        for (auto _ : state) {
          for (const std::size_t i : {0U, 1U}) {
            prepared[i]->run_step();
            seconds[i].push_back(prepared[i]->seconds(Direction::forward));
          }
          state.SetIterationTime(seconds[0].back());
        }
        const auto rate = [](const LayerCase& one, const std::vector<double>& times) {
          return static_cast<double>(flops(one.layer(), Direction::forward, one.batch)) / median(times);
        };
        count_work(state, layer, Direction::forward, subject.peak, seconds[0]);
        state.counters["sgemm_FLOP/s"] = rate(product, seconds[1]);
        state.counters["conv_over_sgemm_rate"] = rate(layer, seconds[0]) / rate(product, seconds[1]);
        state.SetLabel(label(*prepared[0]->operations(Direction::forward), layer) + "; sgemm " +
                       sizes_of(product));
      });
}

void add(const std::string& name, const std::function<void(benchmark::State&)>& run) {
  benchmark::RegisterBenchmark(name.c_str(), run)->UseManualTime()->Unit(benchmark::kMillisecond);
}

/// Where a gemm backend computes a convolution in inference: the same by its bare matrix product.
std::shared_ptr<const LayerCase> product_of(const Subject& subject, Pass pass) {
  const bool convolution = std::holds_alternative<Convolution>(subject.layer->layer().kind);
  if (pass != Pass::forward || !convolution || !is_gemm(*subject.backend)) return nullptr;
  return std::make_shared<const LayerCase>(matrix_product_of(*subject.layer));
}

std::string prefix_of(const Subject& subject) {
  return subject.layer->name + "/" + subject.backend->name() + "/";
}

void register_over_sgemm(const Subject& subject, Pass pass) {
  const auto product = product_of(subject, pass);
  if (!product) return;
  add(prefix_of(subject) + "forward_over_sgemm",
      [subject, product](benchmark::State& state) { run_over_sgemm(state, subject, *product); });
}

void register_sgemm(const Subject& subject, Pass pass) {
  const auto product = product_of(subject, pass);
  if (!product) return;
  add(prefix_of(subject) + "sgemm", [subject, product](benchmark::State& state) {
    run_direction(state, {product.get(), subject.backend, subject.prepared, subject.peak}, Pass::forward,
                  Direction::forward);
  });
}

void register_directions(const Subject& subject, Pass pass) {
  for (const Direction direction :
       {Direction::forward, Direction::backward_data, Direction::backward_weights}) {
    const bool backward = direction != Direction::forward;
    if (backward && (pass == Pass::forward || !has_direction(subject.layer->layer(), direction))) continue;
    const std::string suffix = !backward && pass != Pass::forward ? "_in_training" : "";
    add(prefix_of(subject) + std::string(to_string(direction)) + suffix,
        [subject, pass, direction](benchmark::State& state) {
          run_direction(state, subject, pass, direction);
        });
  }
}

}  // namespace

void register_layers(const std::vector<LayerCase>& layers, const std::vector<const Backend*>& backends,
                     PreparedLayers& prepared, double peak) {
  std::vector<const Model*> networks;
  std::vector<Pass> passes;
  const auto add_new = [](auto& list, auto item) {
    if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
  };
  for (const LayerCase& layer : layers) {
    add_new(networks, layer.network.get());
    for (const Pass pass : layer.passes) add_new(passes, pass);
  }
  // A network is prepared once for all of its layers.
  for (const Model* network : networks)
    for (const Backend* backend : backends)
      for (const Pass pass : passes)
        for (const auto& registration : {register_directions, register_over_sgemm, register_sgemm})
          for (const LayerCase& layer : layers)
            if (layer.network.get() == network &&
                std::find(layer.passes.begin(), layer.passes.end(), pass) != layer.passes.end())
              registration({&layer, backend, &prepared, peak}, pass);
}

}  // namespace cnnbench
