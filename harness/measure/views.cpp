#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/measure/experiment_run.h"
#include "harness/measure/make_record.h"
#include "harness/measure/suspects.h"
#include "harness/measure/timed_program.h"

namespace cnnbench {
namespace {

constexpr double most_unattributed = 0.05;  // of the network's time; more is flagged

bool selected(const ExperimentRun& run, const std::string& layer) {
  return !run.experiment.layers || run.experiment.layers->matches(layer);
}

RecordContext context(const ExperimentRun& run, const Backend& backend, View view) {
  const Experiment& experiment = run.experiment;
  return {run.model.name,   experiment.pass,    backend.name(),     std::string(to_string(view)),
          experiment.batch, run.cluster.size(), experiment.threads, experiment.timing,
          run.clock_cost,   run.hosts};
}

/// A record of whole steps of a contestant's program, which is of `model`.
std::optional<Record> step_record(const ExperimentRun& run, const Contestant& contestant, View view,
                                  const Model& model, const Samples& samples) {
  std::optional<Record> record = whole_step_record(context(run, *contestant.backend, view), model, samples);
  if (record) record->direct_equivalent = direct_equivalent(*contestant.program);
  return record;
}

void keep(ExperimentRun& run, std::optional<Record> record) {
  if (record) run.findings.records.push_back(std::move(*record));
}

/// How a program is timed: time_whole_step or time_operations.
using Timing = TimedStep (*)(Program&, Clock&);

/// Times the steps of all contestants, interleaved; one Samples a contestant.
std::vector<Samples> time(ExperimentRun& run, const std::vector<Contestant>& contestants, Timing timing,
                          View view, const std::string& label) {
  std::vector<TimedStep> steps;
  for (const Contestant& contestant : contestants) steps.push_back(timing(*contestant.program, run.clock));
  const Progress progress = [&](std::size_t subject, std::int64_t step, std::int64_t most, double seconds) {
    if (run.observer.step)
      run.observer.step(view, label, contestants[subject].backend->name(), step, most, seconds);
  };
  run.clocks.synchronize();
  std::vector<Samples> samples =
      measure(steps, run.experiment.timing, run.cluster, progress, run.experiment.conditions);
  run.clocks.correct(samples);
  for (std::size_t i = 0; run.cluster.is_root() && i < samples.size(); ++i)
    run.findings.steps.push_back(step_times(context(run, *contestants[i].backend, view), label, samples[i]));
  for (const Samples& sample : samples)
    run.findings.interrupted = run.findings.interrupted || sample.stop_reason == StopReason::interrupted;
  return samples;
}

void measure_network(ExperimentRun& run, const std::vector<Contestant>& contestants) {
  run.phase("timing the network");
  const std::vector<Samples> samples = time(run, contestants, time_whole_step, View::network, "");
  if (!run.cluster.is_root()) return;
  for (std::size_t i = 0; i < samples.size(); ++i)
    keep(run, step_record(run, contestants[i], View::network, run.model, samples[i]));
}

/// Compares the sum of the layers with the network view, where that was measured.
void attribute(ExperimentRun& run, const Backend& backend, const Samples& layers) {
  if (layers.per_rank.empty() || layers.per_rank[0].empty()) return;
  const auto network =
      std::find_if(run.findings.records.begin(), run.findings.records.end(), [&](const Record& record) {
        return record.backend == backend.name() && record.view == to_string(View::network);
      });
  if (network == run.findings.records.end()) return;
  const double share = 1 - median_step(layers) / network->summary.median;
  if (std::abs(share) > most_unattributed)
    network->flags.push_back(
        {"unattributed",
         fmt::format("the layers' times add up to {:.0f} % of the network's time", 100 * (1 - share)),
         std::abs(share)});
  for (Setup& setup : run.findings.setups)
    if (setup.backend == backend.name()) setup.unattributed_share = share;
}

void measure_layers(ExperimentRun& run, const std::vector<Contestant>& contestants) {
  run.phase("timing the layers");
  const std::vector<Samples> samples = time(run, contestants, time_operations, View::layers, "");
  if (!run.cluster.is_root()) return;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const Backend& backend = *contestants[i].backend;
    const std::vector<OperationGroup> groups = group_operations(*contestants[i].program);
    for (std::size_t part = 0; part < groups.size(); ++part)
      if (selected(run, layer_name(run.model, groups[part].layer)))
        keep(run,
             layer_record(context(run, backend, View::layers), run.model, groups[part], samples[i], part));
    attribute(run, backend, samples[i]);
  }
}

/// Programs of a part of the network, of the backends that can prepare it.
std::vector<Contestant> prepare_part(ExperimentRun& run, const std::vector<Contestant>& contestants,
                                     const Model& part, bool takes_images) {
  std::vector<Contestant> all;
  for (const Contestant& contestant : contestants)
    if (std::unique_ptr<Program> program =
            prepare_program(run, *contestant.backend, part, nullptr, takes_images))
      all.push_back({contestant.backend, std::move(program)});
  return all;
}

bool runs_nothing(const Contestant& contestant) {
  return std::none_of(contestant.program->operations().begin(), contestant.program->operations().end(),
                      [](const Operation& operation) { return operation.layer == 0; });
}

void measure_isolated(ExperimentRun& run, const std::vector<Contestant>& contestants) {
  run.phase("timing layers alone");
  for (int i = 0; i < static_cast<int>(run.model.layers.size()) && !run.findings.interrupted; ++i) {
    const std::string name = layer_name(run.model, i);
    if (!selected(run, name)) continue;
    const Model alone = single_layer(run.model, i);
    std::vector<Contestant> all = prepare_part(run, contestants, alone, i == 0);
    std::erase_if(all, runs_nothing);
    const std::vector<Samples> samples = time(run, all, time_operations, View::isolated, name);
    if (!run.cluster.is_root()) continue;
    for (std::size_t c = 0; c < all.size(); ++c) {
      const std::vector<OperationGroup> groups = group_operations(*all[c].program);
      for (std::size_t part = 0; part < groups.size(); ++part)
        if (groups[part].layer == 0)  // the loss is there only to give a gradient
          keep(run, layer_record(context(run, *all[c].backend, View::isolated), alone, groups[part],
                                 samples[c], part));
    }
  }
}

void measure_prefixes(ExperimentRun& run, const std::vector<Contestant>& contestants) {
  run.phase("timing prefixes");
  for (int count = 1; count <= static_cast<int>(run.model.layers.size()) && !run.findings.interrupted;
       ++count) {
    const ModelLayer& last = run.model.layers[static_cast<std::size_t>(count - 1)];
    if (!selected(run, last.name)) continue;
    const Model cut = prefix(run.model, count);
    const std::vector<Contestant> all = prepare_part(run, contestants, cut, true);
    const std::vector<Samples> samples = time(run, all, time_whole_step, View::prefix, last.name);
    if (!run.cluster.is_root()) continue;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      std::optional<Record> record = step_record(run, all[i], View::prefix, cut, samples[i]);
      if (!record) continue;
      record->layer = last.name;
      record->kind = kind_name(last.kind);
      record->output = to_string(last.output);
      keep(run, std::move(record));
    }
  }
}

}  // namespace

std::string_view to_string(View view) {
  switch (view) {
    case View::network:
      return "network";
    case View::layers:
      return "layers";
    case View::isolated:
      return "isolated";
    case View::prefix:
      return "prefix";
  }
  return "";
}

void measure_view(ExperimentRun& run, View view, const std::vector<Contestant>& contestants) {
  switch (view) {
    case View::network:
      return measure_network(run, contestants);
    case View::layers:
      return measure_layers(run, contestants);
    case View::isolated:
      return measure_isolated(run, contestants);
    case View::prefix:
      return measure_prefixes(run, contestants);
  }
}

}  // namespace cnnbench
