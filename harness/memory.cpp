#include "harness/memory.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/machine/facts.h"
#include "harness/measure/gap.h"
#include "harness/measure/verification.h"
#include "harness/model/cost.h"
#include "harness/plan.h"
#include "harness/report/format.h"

namespace cnnbench {
namespace {

/// The program itself, MPI and the libraries' code and tables, which differ by library; measured.
constexpr double base_bytes = 48.0 * (1 << 20);

bool is_training(const Experiment& experiment) {
  return experiment.pass != Pass::forward;
}

bool has(const Experiment& experiment, View view) {
  return experiment.measure &&
         std::find(experiment.views.begin(), experiment.views.end(), view) != experiment.views.end();
}

/// What a backend keeps for a network, or a part of one.
double program_bytes(const Experiment& experiment, const Backend& backend, const Model& model) {
  const PrepareOptions options{experiment.pass, experiment.batch, experiment.threads, experiment.seed};
  return memory_bytes(model, is_training(experiment), experiment.batch) + backend.extra_bytes(model, options);
}

/// The parameters of one layer as they come from the seed, before they are packed.
double plain_parameters_bytes(const Model& model) {
  std::int64_t most = 0;
  for (const ModelLayer& layer : model.layers) most = std::max(most, layer.parameters());
  return static_cast<double>(most) * sizeof(float);
}

/// What the programs of the prefix view take beside those of the network.
double prefix_bytes(const Experiment& experiment) {
  if (!has(experiment, View::prefix)) return 0;
  double all = plain_parameters_bytes(*experiment.model);
  for (const Backend* backend : experiment.backends)
    all += program_bytes(experiment, *backend, *experiment.model);
  return all;
}

Experiment with_backends(Experiment experiment, std::vector<const Backend*> backends) {
  experiment.backends = std::move(backends);
  return experiment;
}

/// The backend that needs the most where only one of them is there at a time.
const Backend* largest_backend(const Experiment& experiment) {
  return *std::max_element(
      experiment.backends.begin(), experiment.backends.end(), [&](const Backend* a, const Backend* b) {
        return needed_bytes(with_backends(experiment, {a})) < needed_bytes(with_backends(experiment, {b}));
      });
}

/// The largest batch, of this one's halves, that fits; 0: none.
std::int64_t fitting_batch(Experiment experiment, double available) {
  for (experiment.batch /= 2; experiment.batch > 0; experiment.batch /= 2)
    if (needed_bytes(experiment) <= available) return experiment.batch;
  return 0;
}

/// What would make it fit, each alone; of a rank there is `available`, `on_node` for the ranks of the node.
std::vector<std::string> cures(const Experiment& experiment, double available, double on_node,
                               int node_ranks) {
  std::vector<std::string> all;
  const auto fits = [&](const Experiment& other) { return needed_bytes(other) <= available; };
  if (const std::int64_t batch = fitting_batch(experiment, available); batch > 0)
    all.push_back(fmt::format("--batch {}", batch));
  Experiment other = experiment;
  other.verify = false;
  if (fits(other) && experiment.measure) all.push_back("--verify off");
  other = experiment;
  std::erase(other.views, View::prefix);
  if (fits(other) && !other.views.empty()) all.push_back("--views network,layers");
  other = experiment;
  other.pass = Pass::forward;
  if (fits(other)) all.push_back("--pass forward");
  const auto ranks = static_cast<int>(on_node / needed_bytes(experiment));
  if (ranks >= 1 && ranks < node_ranks)
    all.push_back(fmt::format("at most {} on a node", counted(ranks, "rank")));
  return all;
}

std::string in_words(const std::vector<std::string>& cures) {
  if (cures.empty())
    return "no batch, pass or view of it fits: take a smaller network, or a machine with more memory";
  std::string words = "it fits with " + cures.front();
  for (std::size_t i = 1; i < cures.size(); ++i) words += (i + 1 < cures.size() ? ", " : " or ") + cures[i];
  return words;
}

/// How the backends of an experiment fit into the memory of one rank.
enum class Fits { together, one_by_one, not_at_all };

struct Room {
  Fits fits = Fits::together;
  std::string message;  ///< why they do not fit together, and what helps
};

Room room_for(const Experiment& experiment, int node_ranks) {
  const std::optional<std::int64_t> available = available_memory_bytes();
  if (!available) return {};
  const auto on_node = static_cast<double>(*available);
  const double a_rank = on_node / node_ranks;
  const double all = needed_bytes(experiment);
  if (all <= a_rank) return {};
  const Backend* const largest = largest_backend(experiment);
  const Experiment alone = with_backends(experiment, {largest});
  const double needed = needed_bytes(alone);
  const std::string name = fmt::format("{} {}", experiment.model->name, to_string(experiment.pass));
  if (needed <= a_rank) {
    const std::int64_t batch = fitting_batch(experiment, a_rank);
    return {Fits::one_by_one,
            fmt::format(
                "{}: {} backends together need about {} a rank, and {} is available: each was measured "
                "and freed before the next, so that a drift of the machine meets them differently; {} "
                "lets them take turns",
                name, experiment.backends.size(), binary_size(all), binary_size(a_rank),
                batch > 0 ? fmt::format("--batch {} or fewer backends", batch) : "naming fewer backends")};
  }
  return {Fits::not_at_all,
          fmt::format("{} at batch {} needs about {} a rank on {}, {} for the {} rank{} of a node, and {} is "
                      "available; {}",
                      name, experiment.batch, binary_size(needed), largest->name(),
                      binary_size(needed * node_ranks), node_ranks, node_ranks == 1 ? "" : "s",
                      binary_size(on_node), in_words(cures(alone, a_rank, on_node, node_ranks)))};
}

}  // namespace

double needed_bytes(const Experiment& experiment) {
  const Model& model = *experiment.model;
  double kept = base_bytes;
  for (const Backend* backend : experiment.backends) kept += program_bytes(experiment, *backend, model);
  if (experiment.timing.gap == Gap::cold) kept += flushing_bytes(experiment.threads);
  const double preparing = plain_parameters_bytes(model);
  const double verifying =
      experiment.verify ? verification_bytes(model, is_training(experiment), experiment.batch) : 0;
  // While a program is prepared, its activations are not there yet.
  const double activations =
      memory_bytes(model, is_training(experiment), experiment.batch) -
      static_cast<double>(model.parameters()) * sizeof(float) * (is_training(experiment) ? 2 : 1);
  // While backends are compared, memory is moved, one piece after the other: see Program::move_memory().
  const double moving = experiment.backends.size() > 1 && experiment.measure
                            ? std::max(activations, static_cast<double>(model.parameters()) * sizeof(float))
                            : 0;
  return kept + std::max({preparing - activations, verifying, prefix_bytes(experiment), moving});
}

std::vector<std::string> check_memory(std::vector<Experiment>& experiments, Cluster& cluster) {
  std::vector<std::string> warnings;
  for (Experiment& experiment : experiments) {
    Room room = room_for(experiment, cluster.node_size());
    const auto verdict = static_cast<Fits>(worst(cluster, static_cast<int>(room.fits), room.message));
    if (verdict == Fits::not_at_all) throw UserError(room.message);
    experiment.interleaved = verdict == Fits::together;
    experiment.estimated_bytes = experiment.interleaved
                                     ? needed_bytes(experiment)
                                     : needed_bytes(with_backends(experiment, {largest_backend(experiment)}));
    if (verdict == Fits::one_by_one) warnings.push_back(room.message);
  }
  return warnings;
}

}  // namespace cnnbench
