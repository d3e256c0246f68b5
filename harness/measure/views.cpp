#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/measure/experiment_run.h"
#include "harness/measure/ratio_interval.h"
#include "harness/measure/suspects.h"
#include "harness/measure/timed_program.h"
#include "harness/measure/timed_views.h"

namespace cnnbench {
namespace {

bool selected(const ExperimentRun& run, const std::string& layer) {
  return !run.experiment.layers || run.experiment.layers->matches(layer);
}

void keep(const Participant& subject, std::optional<Record> record) {
  if (record) subject.contestant->report->views[subject.view].records.push_back(std::move(*record));
}

void erase_failed(std::vector<Contestant>& contestants) {
  std::erase_if(contestants, [](const Contestant& contestant) { return !contestant.program; });
}

void keep_layers(ExperimentRun& run, const Participant& subject, const Samples& samples,
                 const std::vector<OperationGroup>& groups) {
  for (std::size_t part = 0; part < groups.size(); ++part)
    if (selected(run, layer_name(run.model, groups[part].layer)))
      keep(subject, layer_record(run.context, run.model, groups[part], samples, part));
}

/// Compares the sum of the layers with the network view, of the steps that both took in the same turns.
void attribute(BackendReport& report, const Samples& network, const Samples& layers) {
  const std::vector<double> whole = seconds_of_steps(network);
  const std::vector<double> sum = seconds_of_steps(layers);
  const std::optional<TurnsRatio> found = compare_turns(sum, whole, 0);
  std::vector<Record>& records = report.views[View::network].records;
  if (!found || records.empty()) return;
  report.setup->unattributed_share = 1 - found->ratio;
  if (found->interval)
    report.setup->unattributed_interval = Interval{1 - found->interval->high, 1 - found->interval->low};
  if (layers_explain(*report.setup)) return;
  records.front().flags.push_back(
      {"unattributed",
       fmt::format("the layers' times add up to {:.0f} % of the network's time", 100 * found->ratio),
       std::abs(1 - found->ratio)});
}

/// The views of the contestants' own programs: whole steps, and steps timed layer by layer.
void measure_whole_programs(ExperimentRun& run, const std::vector<View>& views,
                            std::vector<Contestant>& contestants) {
  const bool both = views.size() > 1;
  run.phase(both                             ? "timing the network and its layers"
            : views.front() == View::network ? "timing the network"
                                             : "timing the layers");
  std::vector<Participant> subjects;
  for (const View view : views)
    for (const Contestant& contestant : contestants) subjects.push_back({&contestant, view, ""});
  const std::vector<Samples> samples = time_in_turns(run, subjects, &contestants);
  drop_failed(run, subjects, samples, contestants);
  for (std::size_t i = 0; i < subjects.size() && run.cluster.is_root(); ++i) {
    if (!samples[i].failure.empty()) continue;
    if (subjects[i].view == View::network)
      keep(subjects[i],
           whole_step_record(run.context, run.model, subjects[i].contestant->groups, samples[i]));
    else
      keep_layers(run, subjects[i], samples[i], subjects[i].contestant->groups);
  }
  if (both && run.cluster.is_root())
    for (std::size_t i = 0; i < contestants.size(); ++i)
      if (samples[i].failure.empty())
        attribute(*contestants[i].report, samples[i], samples[contestants.size() + i]);
  erase_failed(contestants);
}

/// Every layer of every contestant alone, out of the network's own program; the loss is no layer.
void measure_isolated(ExperimentRun& run, std::vector<Contestant>& contestants) {
  run.phase("timing layers alone");
  std::vector<Participant> subjects;
  for (int layer = 0; layer < static_cast<int>(run.model.layers.size()); ++layer)
    for (const Contestant& contestant : contestants) {
      const std::string name = layer_name(run.model, layer);
      // A backend may have nothing to do for a layer, or compute it along with another.
      if (!selected(run, name) || groups_of(contestant.groups, layer).empty()) continue;
      subjects.push_back({&contestant, View::isolated, name, layer});
    }
  const std::vector<Samples> samples = time_in_turns(run, subjects);
  drop_failed(run, subjects, samples, contestants);
  for (std::size_t i = 0; run.cluster.is_root() && i < subjects.size(); ++i)
    if (subjects[i].contestant->program)
      keep_layers(run, subjects[i], samples[i], groups_of(subjects[i].contestant->groups, subjects[i].layer));
  erase_failed(contestants);
}

/// Programs of a prefix, of the backends that can prepare it.
std::vector<Contestant> prepare_on_all(ExperimentRun& run, const std::vector<Contestant>& contestants,
                                       const Model& cut) {
  std::vector<Contestant> all;
  for (const Contestant& contestant : contestants)
    if (std::unique_ptr<Program> program = prepare_prefix(run, *contestant.backend, cut)) {
      std::vector<OperationGroup> groups = groups_over_ranks(run.cluster, *program);
      all.push_back({contestant.backend, contestant.report, std::move(program), std::move(groups)});
    }
  return all;
}

/// All that a program runs for a layer: "forward jit:avx2 (acdb → acdb)".
std::string operations_in_words(const Program& program, int layer) {
  std::string words;
  for (const OperationGroup& group : group_operations(program, layer))
    words += fmt::format("{}{} {}{}", words.empty() ? "" : ", ", to_string(group.direction),
                         group.implementation, group.layout.empty() ? "" : " (" + group.layout + ")");
  return words.empty() ? "nothing of its own" : words;
}

/// A flag where layers run as something else in the prefix than in the network, so that its times are not
/// those of the same work.
std::optional<Flag> difference(const Model& cut, const Program& prefix, const Program& network) {
  std::string first;
  int differing = 0;
  for (int layer = 0; layer < static_cast<int>(cut.layers.size()); ++layer) {
    const std::string here = operations_in_words(prefix, layer);
    const std::string there = operations_in_words(network, layer);
    if (here == there || differing++ > 0) continue;
    first = fmt::format("{} runs as {}; in the network it runs as {}", layer_name(cut, layer), here, there);
  }
  if (differing == 0) return std::nullopt;
  return Flag{"implementation", first + (differing > 1 ? fmt::format("; {} more differ", differing - 1) : ""),
              static_cast<double>(differing)};
}

const Program& network_of(const std::vector<Contestant>& contestants, const Backend& backend) {
  return *std::find_if(contestants.begin(), contestants.end(), [&](const Contestant& each) {
            return each.backend == &backend;
          })->program;
}

void measure_prefixes(ExperimentRun& run, const std::vector<Contestant>& contestants) {
  run.phase("timing prefixes");
  for (int count = 1; count <= static_cast<int>(run.model.layers.size()) && !run.findings.interrupted;
       ++count) {
    const ModelLayer& last = run.model.layers[static_cast<std::size_t>(count - 1)];
    if (!selected(run, last.name)) continue;
    const Model cut = prefix(run.model, count);
    std::vector<Contestant> all = prepare_on_all(run, contestants, cut);
    std::vector<Participant> subjects;
    for (const Contestant& one : all) subjects.push_back({&one, View::prefix, last.name});
    const std::vector<Samples> samples = time_in_turns(run, subjects);
    drop_failed(run, subjects, samples, all);
    for (std::size_t i = 0; run.cluster.is_root() && i < samples.size(); ++i) {
      if (!all[i].program) continue;
      std::optional<Record> record = whole_step_record(run.context, cut, all[i].groups, samples[i]);
      if (!record) continue;
      describe_layer(*record, last);
      if (const auto flag = difference(cut, *all[i].program, network_of(contestants, *all[i].backend)))
        record->flags.push_back(*flag);
      keep(subjects[i], std::move(record));
    }
  }
}

}  // namespace

std::vector<std::vector<View>> views_in_turns(const std::vector<View>& views) {
  std::vector<std::vector<View>> groups;
  for (const View view : views) {
    const bool joins = view == View::layers && !groups.empty() && groups.back().front() == View::network;
    if (!joins) groups.emplace_back();
    groups.back().push_back(view);
  }
  return groups;
}

void measure_views(ExperimentRun& run, const std::vector<View>& views, std::vector<Contestant>& contestants) {
  switch (views.front()) {
    case View::network:
    case View::layers:
      return measure_whole_programs(run, views, contestants);
    case View::isolated:
      return measure_isolated(run, contestants);
    case View::prefix:
      return measure_prefixes(run, contestants);
  }
}

}  // namespace cnnbench
