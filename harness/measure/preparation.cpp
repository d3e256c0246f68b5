#include <algorithm>
#include <new>

#include "harness/cluster/openmp_binding.h"
#include "harness/measure/experiment_run.h"
#include "harness/measure/timed_program.h"

namespace cnnbench {
namespace {

/// Seconds that it takes to write the weights of the direct-equivalent layers as they are: transforming and
/// packing them, as preparing has done once. 0 without such layers, and for a program of another process,
/// where the way there would count.
double rewrite_weights(Program& program, const Model& model, Clock& clock) {
  double seconds = 0;
  if (dynamic_cast<TimedElsewhere*>(&program) != nullptr) return seconds;
  for (int layer = 0; layer < static_cast<int>(model.layers.size()); ++layer) {
    if (!direct_equivalent(program, layer)) continue;
    std::vector<float> plain(static_cast<std::size_t>(model.layers[static_cast<std::size_t>(layer)].weights));
    program.read(layer, Tensor::weights, plain);
    const double start = clock.now();
    program.write(layer, Tensor::weights, plain);
    seconds += clock.now() - start;
  }
  return seconds;
}

/// The largest over the ranks of one of the two values that each has gathered.
double largest(const std::vector<double>& all, std::size_t value) {
  double most = 0;
  for (std::size_t i = value; i < all.size(); i += 2) most = std::max(most, all[i]);
  return most;
}

}  // namespace

std::unique_ptr<Program> try_to_prepare(ExperimentRun& run, const Backend& backend, const Model& model,
                                        Setup* setup, std::string& message) {
  std::unique_ptr<Program> program;
  message.clear();
  const OnAllPlaces all_places;  // for the pools that libraries make
  const double start = run.clock.now();
  double local[] = {0, 0};  // seconds: preparing, the weights once more
  TimingTuner* const tuner = run.experiment.tuner;
  if (tuner != nullptr) tuner->begin(backend.name());
  try {
    program = backend.prepare(model, run.options(backend));
    if (!run.experiment.input.empty()) program->write(0, Tensor::input, run.experiment.input);
    local[0] = run.clock.now() - start;
    if (setup != nullptr && run.experiment.pass == Pass::forward)
      local[1] = rewrite_weights(*program, model, run.clock);
  } catch (const std::bad_alloc&) {
    message = "out of memory while preparing";
  } catch (const std::exception& error) {
    message = error.what();
  }
  if (program && !message.empty()) program.reset();
  if (tuner != nullptr)
    for (Choice& choice : tuner->finish(message)) run.findings.choices.push_back(std::move(choice));
  const std::vector<double> all = run.cluster.gather(local);
  if (setup != nullptr) {
    setup->prepare_seconds = largest(all, 0);
    if (const double weights = largest(all, 1); weights > 0) setup->weights_seconds = weights;
  }
  if (agree(run.cluster, program != nullptr, message)) return program;
  return nullptr;
}

std::unique_ptr<Program> prepare_prefix(ExperimentRun& run, const Backend& backend, const Model& prefix) {
  std::string message;
  if (auto program = try_to_prepare(run, backend, prefix, nullptr, message)) return program;
  run.fail(backend, prefix.layers.back().name, Failure::Reason::error, message);
  return nullptr;
}

}  // namespace cnnbench
