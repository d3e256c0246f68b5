#include "harness/measure/runner.h"
#include <fmt/format.h>

#include <bit>

#include "harness/backend/choice.h"
#include "harness/measure/experiment_run.h"
#include "harness/measure/verification.h"

namespace cnnbench {
namespace {

/// Whether a backend runs every layer of the network; each layer that it does not is a Failure.
bool supported(ExperimentRun& run, const Backend& backend) {
  bool all = true;
  for (const ModelLayer& layer : run.model.layers) {
    const std::string reason = backend.unsupported(layer, run.experiment.pass);
    if (reason.empty()) continue;
    run.fail(backend, layer.name, "unsupported", reason);
    all = false;
  }
  return all;
}

/// FNV-1a over 64-bit words (Fowler, Noll & Vo), in hexadecimal. Its high bits are folded back after every
/// word, since a multiplication carries upwards only: without that, two changed signs could cancel.
std::string hash_of(std::span<const float> parameters) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (std::size_t i = 0; i < parameters.size(); i += 2) {
    std::uint64_t word = std::bit_cast<std::uint32_t>(parameters[i]);
    if (i + 1 < parameters.size())
      word |= std::uint64_t{std::bit_cast<std::uint32_t>(parameters[i + 1])} << 32;
    hash = (hash ^ word) * 0x100000001b3U;
    hash ^= hash >> 32;
  }
  return fmt::format("{:016x}", hash);
}

/// Verifies a program on every rank; false, and a Failure, where one rank's is wrong.
bool verified(ExperimentRun& run, const Backend& backend, Program& program) {
  run.phase("verifying");
  const double start = run.clock.now();
  std::string message;
  try {
    VerificationOptions settings;
    settings.images = run.experiment.input;
    for (Check& check :
         verify(program, run.model, run.options(), *find_backend("reference")->oracle(), settings)) {
      check.model = run.model.name;
      check.pass = to_string(run.experiment.pass);
      check.backend = backend.name();
      if (!check.passed && message.empty()) message = check.layer + " " + check.tensor + ", " + check.message;
      run.findings.checks.push_back(std::move(check));
    }
  } catch (const std::exception& error) {
    message = std::string("verification could not run: ") + error.what();
  }
  const std::string mine = hash_of(program.parameters());
  const std::string first = run.cluster.broadcast(mine);
  if (message.empty() && mine != first)
    message = fmt::format("its parameters (hash {}) are not those of rank 0 (hash {})", mine, first);
  Setup& setup = run.findings.setups.back();
  setup.parameters_hash = mine;
  setup.verify_seconds = run.clock.now() - start;
  if (agree(run.cluster, message.empty(), message)) return true;
  run.fail(backend, "", "verification", message);
  return false;
}

/// A contestant, or a Failure and nothing.
std::optional<Contestant> prepare_and_verify(ExperimentRun& run, const Backend& backend) {
  if (!supported(run, backend)) return std::nullopt;
  run.phase("preparing");
  Setup setup{run.model.name, std::string(to_string(run.experiment.pass)), backend.name(), 0, 0, {}, "", {}};
  std::unique_ptr<Program> program = prepare_program(run, backend, run.model, &setup, true);
  if (!program) return std::nullopt;
  setup.parameters_mib = static_cast<double>(program->parameters().size_bytes()) / (1 << 20);
  run.findings.setups.push_back(setup);
  if (run.observer.prepared && run.cluster.is_root()) run.observer.prepared(backend, *program);
  if (run.experiment.verify && !verified(run, backend, *program)) return std::nullopt;
  return Contestant{&backend, std::move(program)};
}

/// Takes some of the backends through all phases; their programs are gone afterwards.
void run_backends(ExperimentRun& run, const std::vector<const Backend*>& backends) {
  const Experiment& experiment = run.experiment;
  std::vector<Contestant> contestants;
  std::vector<const Backend*> measured;
  for (const Backend* backend : backends) {
    if (std::optional<Contestant> contestant = prepare_and_verify(run, *backend)) {
      contestants.push_back(std::move(*contestant));
      measured.push_back(backend);
    }
    run.findings.interrupted = run.cluster.max(interrupted() ? 1 : 0) != 0;
    if (run.findings.interrupted) return;
  }
  if (!experiment.measure || contestants.empty()) return;
  for (const View view : experiment.views) {
    if (run.findings.interrupted) break;
    measure_view(run, view, contestants);
    if (run.observer.view_done && run.cluster.is_root()) run.observer.view_done(view, measured, run.findings);
  }
}

}  // namespace

Findings run_experiment(const Experiment& experiment, Cluster& cluster, Clock& clock,
                        const ClockCost& clock_cost, const Observer& observer) {
  ExperimentRun run{experiment, *experiment.model, cluster, clock, clock_cost, observer, {}};
  if (experiment.interleaved) {
    run_backends(run, experiment.backends);
  } else {
    for (const Backend* backend : experiment.backends) {
      if (run.findings.interrupted) break;
      run_backends(run, {backend});
    }
  }
  run.findings.clocks = run.clocks.nodes();
  return std::move(run.findings);
}

}  // namespace cnnbench
