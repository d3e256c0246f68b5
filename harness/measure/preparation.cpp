#include <algorithm>
#include <new>

#include "harness/measure/experiment_run.h"

namespace cnnbench {
namespace {

/// Ranks of different CPUs may choose different operations; then the parts of their steps are not the same
/// things, and parameters would not be exchangeable.
bool agree_on_operations(Cluster& cluster, Program& program, std::string& message) {
  std::string mine = std::to_string(program.parameters().size());
  for (const Operation& operation : program.operations())
    mine += ";" + std::to_string(operation.layer) + " " + std::string(to_string(operation.direction));
  const bool same = cluster.broadcast(mine) == mine;
  message = same ? ""
                 : "its operations differ from those of rank 0: the ranks' CPUs or thread counts differ, or "
                   "a backend that "
                   "chooses by timing (torch, onednn:impl=best) chose otherwise: name a fixed setting";
  return agree(cluster, same, message);
}

}  // namespace

std::unique_ptr<Program> prepare_program(ExperimentRun& run, const Backend& backend, const Model& part,
                                         double* seconds, bool takes_images) {
  std::unique_ptr<Program> program;
  std::string message;
  const double start = run.clock.now();
  try {
    program = backend.prepare(part, run.options());
    if (takes_images && !run.experiment.input.empty()) program->write(0, Tensor::input, run.experiment.input);
  } catch (const std::bad_alloc&) {
    message = "out of memory while preparing";
  } catch (const std::exception& error) {
    message = error.what();
  }
  const double local[] = {run.clock.now() - start};
  const std::vector<double> all = run.cluster.gather(local);
  if (seconds != nullptr && !all.empty()) *seconds = *std::max_element(all.begin(), all.end());
  if (program && !message.empty()) program.reset();
  if (agree(run.cluster, program != nullptr, message) && agree_on_operations(run.cluster, *program, message))
    return program;
  run.fail(backend, part.layers.size() == 1 ? part.layers[0].name : "", "error", message);
  return nullptr;
}

}  // namespace cnnbench
