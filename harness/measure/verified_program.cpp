#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <sstream>

#include "harness/backend/choice.h"
#include "harness/measure/experiment_run.h"
#include "harness/measure/suspects.h"
#include "harness/measure/verification.h"

namespace cnnbench {
namespace {

/// Programs that are prepared in place of one that is wrong, at most.
constexpr int most_retries = 8;

/// Whether a backend runs every layer of the network; each layer that it does not is a Failure.
bool supported(ExperimentRun& run, const Backend& backend) {
  bool all = true;
  for (const ModelLayer& layer : run.model.layers) {
    const std::string reason = backend.unsupported(layer, run.experiment.pass);
    if (reason.empty()) continue;
    run.fail(backend, layer.name, Failure::Reason::unsupported, reason);
    all = false;
  }
  return all;
}

/// FNV-1a over 64-bit words (Fowler, Noll & Vo). Its high bits are folded back after every word, since a
/// multiplication carries upwards only: without that, two changed signs could cancel.
std::uint64_t hashed(std::span<const float> values, std::uint64_t hash) {
  for (std::size_t i = 0; i < values.size(); i += 2) {
    std::uint64_t word = std::bit_cast<std::uint32_t>(values[i]);
    if (i + 1 < values.size()) word |= std::uint64_t{std::bit_cast<std::uint32_t>(values[i + 1])} << 32;
    hash = (hash ^ word) * 0x100000001b3U;
    hash ^= hash >> 32;
  }
  return hash;
}

/// Of all weights and biases as plain arrays, in hexadecimal: the same in every layout, since unlike CPUs
/// have unlike ones.
std::string parameters_hash(Program& program, const Model& model) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  std::vector<float> plain;
  for (int layer = 0; layer < static_cast<int>(model.layers.size()); ++layer) {
    const ModelLayer& one = model.layers[static_cast<std::size_t>(layer)];
    for (const auto& [tensor, size] : {std::pair{Tensor::weights, one.weights}, {Tensor::bias, one.biases}}) {
      if (size == 0) continue;
      plain.resize(static_cast<std::size_t>(size));
      program.read(layer, tensor, plain);
      hash = hashed(plain, hash);
    }
  }
  return fmt::format("{:016x}", hash);
}

/// A program, and what this rank found about it.
struct Attempt {
  std::unique_ptr<Program> program;
  Setup setup;
  std::vector<Check> checks;
  std::string message;  ///< of the first thing that is wrong on this rank; empty: all is right

  bool failed(const Place& place) const {
    return std::any_of(checks.begin(), checks.end(), [&](const Check& check) {
      return !check.passed && check.layer == place.layer && check.tensor == place.tensor;
    });
  }
};

void verify_attempt(ExperimentRun& run, const Backend& backend, Attempt& attempt) {
  run.phase("verifying");
  run.memory.phase_begins();
  const double start = run.clock.now();
  Program& program = *attempt.program;
  try {
    VerificationOptions settings;
    settings.images = run.experiment.input;
    attempt.checks =
        verify(program, run.model, run.options(backend), *find_backend("reference")->oracle(), settings);
  } catch (const std::exception& error) {
    attempt.message = std::string("verification could not run: ") + error.what();
  }
  run.memory.verified();
  for (const Check& check : attempt.checks)
    if (!check.passed && attempt.message.empty())
      attempt.message = fmt::format("{} {}, {}", check.layer, tensor_name(check.tensor), check.message);
  const std::string mine = parameters_hash(program, run.model);
  const std::string first = run.cluster.broadcast(mine);
  if (attempt.message.empty() && mine != first)
    attempt.message = fmt::format("its parameters (hash {}) are not those of rank 0 (hash {})", mine, first);
  attempt.setup.parameters_hash = mine;
  attempt.setup.verify_seconds = run.clock.now() - start;
}

/// A program that is not verified yet. Nothing, on every rank, where it could not be prepared.
std::optional<Attempt> prepare_attempt(ExperimentRun& run, const Backend& backend, std::string& message) {
  run.phase("preparing");
  run.memory.phase_begins();
  Attempt result;
  result.program = try_to_prepare(run, backend, run.model, &result.setup, message);
  run.memory.prepared();
  if (!result.program) return std::nullopt;
  result.setup.parameters_mib = static_cast<double>(result.program->parameters().size_bytes()) / (1 << 20);
  if (run.observer.prepared && run.cluster.is_root()) run.observer.prepared(backend, *result.program);
  return result;
}

/// The first place, in the order of ranks, where a program is wrong in a tensor: the same on every rank.
std::optional<Place> first_wrong(ExperimentRun& run, const Attempt& attempt) {
  std::string mine;
  for (const Check& check : attempt.checks)
    if (!check.passed && mine.empty())
      mine = fmt::format("{} {}", check.tensor ? static_cast<int>(*check.tensor) : -1, check.layer);
  std::string first;
  for (const std::string& place : run.cluster.gather(mine))
    if (first.empty()) first = place;
  first = run.cluster.broadcast(first);
  if (first.empty()) return std::nullopt;
  Place place{first.substr(first.find(' ') + 1), {}};
  if (const int tensor = std::stoi(first); tensor >= 0) place.tensor = static_cast<Tensor>(tensor);
  return place;
}

/// What may be at fault; of each, the operation is the one that rank 0 suspects.
std::vector<Distrusted> suspects_of_root(ExperimentRun& run, const Attempt& attempt, const Place& place) {
  std::string text;
  for (const std::size_t operation : suspects(*attempt.program, run.model, place))
    text += std::to_string(operation) + " ";
  std::istringstream list(run.cluster.broadcast(text));
  std::vector<Distrusted> all;
  const std::vector<Operation>& operations = attempt.program->operations();
  for (std::size_t operation = 0; list >> operation;)  // of an unlike CPU there may be fewer
    all.push_back(distrust(operations.at(std::min(operation, operations.size() - 1)), run.model));
  return all;
}

/// True on every rank where it is true on every rank.
bool everywhere(ExperimentRun& run, bool fine) {
  std::string message;
  return agree(run.cluster, fine, message);
}

/// Implementations of `has` that `had` does not have, joined by " + ".
std::string added(const std::vector<std::string>& has, const std::vector<std::string>& had) {
  std::string text;
  for (const std::string& one : has)
    if (std::find(had.begin(), had.end(), one) == had.end()) text += (text.empty() ? "" : " + ") + one;
  return text;
}

/// Tries to make a place right by doing without a suspect's implementation, then without what replaced that,
/// and so on. A program that is right there, and the faults as findings; or nothing, on every rank.
/// `operations` are those of the program that is wrong.
std::optional<Attempt> replace(ExperimentRun& run, const Backend& backend, const Place& place,
                               const std::string& what, Distrusted suspect, std::vector<Operation> operations,
                               int& retries) {
  std::vector<Distrusted>& distrusted = run.distrusted[backend.name()];
  const std::size_t before = distrusted.size();
  while (retries-- > 0) {
    distrusted.push_back(suspect);
    std::string message;
    std::optional<Attempt> next = prepare_attempt(run, backend, message);
    if (!next) break;
    const std::vector<std::string> has = implementations(next->program->operations(), run.model, suspect);
    const bool gone = std::find(has.begin(), has.end(), suspect.implementation) == has.end();
    if (!everywhere(run, gone)) break;  // the backend has nothing else
    const std::string taken = added(has, implementations(operations, run.model, suspect));
    verify_attempt(run, backend, *next);
    if (everywhere(run, !next->failed(place) && !next->checks.empty())) {
      for (std::size_t i = before; i < distrusted.size(); ++i)
        run.report_of(backend).library_faults.push_back(
            {distrusted[i].layer, distrusted[i].direction, distrusted[i].implementation, taken, what});
      return next;
    }
    operations = next->program->operations();
    if (!everywhere(run, !taken.empty())) break;
    suspect.implementation = taken;
  }
  distrusted.resize(before);
  return std::nullopt;
}

/// Replaces what verification found wrong until all is right; nothing where something stays wrong. Two
/// programs may be more than the memory holds: one is freed before the next is made.
std::optional<Attempt> made_right(ExperimentRun& run, const Backend& backend, Attempt wrong) {
  int retries = most_retries;
  std::optional<Attempt> latest = std::move(wrong);
  while (const std::optional<Place> place = first_wrong(run, *latest)) {
    std::string what = latest->message;
    agree(run.cluster, what.empty(), what);
    const std::vector<Distrusted> candidates = suspects_of_root(run, *latest, *place);
    const std::vector<Operation> operations = latest->program->operations();
    latest.reset();
    for (std::size_t i = 0; i < candidates.size() && !latest; ++i)
      latest = replace(run, backend, *place, what, candidates[i], operations, retries);
    if (!latest) return std::nullopt;
  }
  return everywhere(run, latest->message.empty()) ? std::move(latest) : std::nullopt;
}

/// What the program itself found at set-up.
void keep_replacements(ExperimentRun& run, const Backend& backend, const Program& program) {
  for (const Replacement& found : program.replacements())
    run.report_of(backend).library_faults.push_back({layer_name(run.model, found.layer), found.operation,
                                                     found.implementation, found.taken, found.message});
}

}  // namespace

std::optional<Contestant> prepare_and_verify(ExperimentRun& run, const Backend& backend) {
  if (!supported(run, backend)) return std::nullopt;
  std::string message;
  std::optional<Attempt> latest = prepare_attempt(run, backend, message);
  if (!latest) {
    run.fail(backend, "", Failure::Reason::error, message);
    return std::nullopt;
  }
  BackendReport& report = run.report_of(backend);
  const auto tell = [&] {
    report.checks = latest->checks;
    report.setup = latest->setup;
  };
  if (run.experiment.verify) verify_attempt(run, backend, *latest);
  tell();  // stays where nothing takes its place
  message = latest->message;
  if (!agree(run.cluster, message.empty(), message)) {
    latest = made_right(run, backend, std::move(*latest));
    if (!latest) {
      run.fail(backend, "", Failure::Reason::verification, message);
      return std::nullopt;
    }
    tell();
  }
  keep_replacements(run, backend, *latest->program);
  std::vector<OperationGroup> groups = groups_over_ranks(run.cluster, *latest->program);
  return Contestant{&backend, &report, std::move(latest->program), std::move(groups)};
}

}  // namespace cnnbench
