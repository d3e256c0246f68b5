#include "harness/report/backend_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/measure/ratio_interval.h"
#include "harness/report/fastest_backend.h"
#include "harness/report/layer_times.h"

namespace cnnbench {
namespace {

using Records = std::vector<const Record*>;

template <typename T>
void add_once(std::vector<T>& list, const T& item) {
  if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
}

std::string implementations(const Records& records) {
  std::vector<std::string> names;
  for (const Record* record : records)
    if (!record->implementation.empty()) add_once(names, record->implementation);
  return join(names, " + ");
}

/// Steps of backends that did not take turns make no pairs, and are not kept.
BackendTime time_of(const Records& records, bool took_turns) {
  BackendTime time;
  if (records.empty()) return time;
  std::vector<double> samples = summed_samples(records);
  if (!samples.empty()) {
    if (took_turns) time.samples = samples;
    time.interval = median_interval(samples);
    std::sort(samples.begin(), samples.end());
    time.median = quantile(samples, 0.5);
  }
  std::int64_t work = 0;
  double seconds = 0, medians = 0;
  time.instances = records.front()->instances;
  for (const Record* record : records) {
    work += record->flops;
    seconds += seconds_a_step(record->summary);
    medians += record->summary.median;
  }
  if (!time.median) time.median = medians;
  time.gflops_per_second = gflops_per_second(work, seconds);
  time.implementation = implementations(records);
  return time;
}

/// Why a backend that ran nothing in a view has no time for a layer (or, where `layer` is empty, for a
/// whole).
std::string reason_of(const BackendReport& backend, const std::string& layer) {
  const Failure* found = nullptr;
  for (const Failure& failure : backend.failures)
    if (found == nullptr || (failure.layer == layer && found->layer != layer)) found = &failure;
  if (found == nullptr) return "not measured: the run ended before";
  const bool elsewhere = !found->layer.empty() && found->layer != layer;
  return fmt::format("{}: {}{}", to_string(found->reason), elsewhere ? found->layer + ": " : "",
                     found->message);
}

/// Ratios to the reference, and whether the row is compared.
void relate(BackendRow& row, std::size_t reference, const std::vector<bool>& ran) {
  std::vector<BackendTime>& times = row.times;
  const BackendTime base = times[reference];
  row.compared = std::count(ran.begin(), ran.end(), true) > 1;
  for (std::size_t i = 0; i < times.size(); ++i) {
    BackendTime& time = times[i];
    row.compared = row.compared && (!ran[i] || time.median);
    if (!time.median || !base.median || !(*base.median > 0)) continue;
    const std::optional<TurnsRatio> turns = turns_of(time, base);
    time.ratio = turns ? turns->ratio : *time.median / *base.median;
    if (i == reference)
      time.ratio_interval = Interval{1, 1};
    else if (turns)
      time.ratio_interval = turns->interval;
  }
}

/// Makes the rows of one comparison.
class RowMaker {
 public:
  RowMaker(const Model& model, const PassReport& pass) : model_(model), pass_(pass) {}

  /// For each backend.
  std::vector<bool> ran(View view) const {
    std::vector<bool> ran;
    for (const BackendReport& backend : pass_.backends) ran.push_back(!backend.records(view).empty());
    return ran;
  }

  /// The first backend that ran a view of a comparison; behind the last where none did.
  std::size_t reference() const {
    const std::vector<bool> layers = ran(View::layers), network = ran(View::network);
    std::size_t backend = 0;
    while (backend < layers.size() && !layers[backend] && !network[backend]) ++backend;
    return backend;
  }

  /// Names of all layers that any backend ran, in the network's order.
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const BackendReport& backend : pass_.backends)
      for (const Record& record : backend.records(View::layers)) add_once(names, record.layer);
    std::stable_sort(names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
      return layer_position(model_, a) < layer_position(model_, b);
    });
    return names;
  }

  /// Of one layer (empty: of all that the view has) in one direction (nothing: in all).
  BackendRow row(View view, const std::string& layer, std::optional<Direction> direction) const {
    BackendRow row{layer, direction, {}};
    for (const BackendReport& backend : pass_.backends) {
      const std::span<const Record> all = backend.records(view);
      Records records;
      for (const Record& record : all)
        if ((layer.empty() || record.layer == layer) && (!direction || record.direction == direction))
          records.push_back(&record);
      std::stable_sort(records.begin(), records.end(), [&](const Record* a, const Record* b) {
        return std::pair(layer_position(model_, a->layer), a->direction) <
               std::pair(layer_position(model_, b->layer), b->direction);
      });
      BackendTime& time = row.times.emplace_back(time_of(records, pass_.interleaved));
      if (layer.empty()) time.implementation.clear();
      if (!time.median)
        time.reason = all.empty() ? reason_of(backend, layer)
                                  : "nothing of its own ran: no work, or fused into another layer";
    }
    relate(row, reference(), ran(view));
    return row;
  }

 private:
  const Model& model_;
  const PassReport& pass_;
};

/// Adds layers [first, last), which one backend runs: the one that is fastest over them.
void add_group(FastestPerLayer& result, const std::vector<BackendRow>& layers, const std::vector<bool>& ran,
               std::size_t first, std::size_t last) {
  std::optional<double> least;
  std::size_t choice = 0;
  for (std::size_t backend = 0; backend < ran.size(); ++backend) {
    if (!ran[backend]) continue;
    double seconds = 0;
    for (std::size_t i = first; i < last; ++i) seconds += layers[i].times[backend].median.value_or(0);
    if (least && seconds >= *least) continue;
    least = seconds;
    choice = backend;
  }
  result.seconds += *least;
  result.choice.insert(result.choice.end(), last - first, choice);
}

std::optional<FastestPerLayer> fastest_per_layer(const std::vector<BackendRow>& layers,
                                                 const std::vector<bool>& ran) {
  if (layers.empty() || std::count(ran.begin(), ran.end(), true) < 2) return std::nullopt;
  FastestPerLayer result;
  std::size_t first = 0;
  bool whole = layers[0].compared;  // the group has a layer that every backend runs
  for (std::size_t i = 1; i < layers.size(); ++i) {
    if (whole && layers[i].compared) {
      add_group(result, layers, ran, first, i);
      first = i;
    }
    whole = whole || layers[i].compared;
  }
  add_group(result, layers, ran, first, layers.size());

  result.alone.resize(ran.size());
  for (std::size_t backend = 0; backend < ran.size(); ++backend) {
    if (!ran[backend]) continue;
    double seconds = 0;
    for (const BackendRow& layer : layers) seconds += layer.times[backend].median.value_or(0);
    result.alone[backend] = seconds;
    if (!result.alone[result.best_alone] || seconds < *result.alone[result.best_alone])
      result.best_alone = backend;
  }
  return result;
}

void add_rows(BackendComparison& comparison, const RowMaker& maker) {
  const std::vector<std::string> names = maker.names();
  for (const std::string& name : names) comparison.layers.push_back(maker.row(View::layers, name, {}));
  const auto is_there = [](const BackendRow& row) {
    return std::any_of(row.times.begin(), row.times.end(), [](const BackendTime& t) { return t.median; });
  };
  if (comparison.pass != Pass::forward && !names.empty()) {
    for (const Direction direction : directions) {
      if (direction == Direction::reorder) continue;
      for (const std::string& name : names)
        if (BackendRow row = maker.row(View::layers, name, direction); is_there(row))
          comparison.directions.push_back(std::move(row));
      if (BackendRow row = maker.row(View::layers, "", direction); is_there(row))
        comparison.sums.push_back(std::move(row));
    }
  }
  if (!names.empty()) comparison.sums.push_back(maker.row(View::layers, "", {}));
  const std::vector<bool> networks = maker.ran(View::network);
  if (std::count(networks.begin(), networks.end(), true) > 0)
    comparison.network = maker.row(View::network, "", {});
  std::vector<BackendRow*> table, apart;
  for (BackendRow& row : comparison.layers) table.push_back(&row);
  for (BackendRow& row : comparison.sums) table.push_back(&row);
  if (comparison.network) table.push_back(&*comparison.network);
  for (BackendRow& row : comparison.directions) apart.push_back(&row);
  mark_fastest(table);
  mark_fastest(apart);
  comparison.fastest_per_layer = fastest_per_layer(comparison.layers, maker.ran(View::layers));
}

}  // namespace

std::optional<std::size_t> BackendRow::winner() const {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (!times[i].fastest) continue;
    if (found) return std::nullopt;
    found = i;
  }
  return found;
}

const BackendRow* BackendComparison::whole() const {
  return network ? &*network : sums.empty() ? nullptr : &sums.back();
}

bool BackendComparison::has_intervals() const {
  const auto told = [](const BackendRow& row) {
    return std::any_of(row.times.begin(), row.times.end(), [](const BackendTime& t) { return t.fastest; });
  };
  return (network && told(*network)) || std::any_of(sums.begin(), sums.end(), told) ||
         std::any_of(layers.begin(), layers.end(), told);
}

std::optional<TurnsRatio> turns_of(const BackendTime& time, const BackendTime& base) {
  if (!time.median || !base.median) return std::nullopt;
  const int instances = std::min(time.instances, base.instances);
  return compare_turns(time.samples, base.samples,
                       placement_sd(instances, std::min(*time.median, *base.median)), instances);
}

double ratio_of(const BackendTime& time, const BackendTime& base) {
  const std::optional<TurnsRatio> turns = turns_of(time, base);
  return turns ? turns->ratio : *time.median / *base.median;
}

std::optional<BackendComparison> compare_backends(const Model& model, const PassReport& pass) {
  const RowMaker maker(model, pass);
  if (pass.backends.size() < 2 || maker.reference() == pass.backends.size()) return std::nullopt;
  BackendComparison comparison;
  comparison.model = model.name;
  comparison.pass = pass.pass;
  for (const BackendReport& backend : pass.backends) comparison.backends.push_back(backend.name);
  comparison.reference = maker.reference();
  add_rows(comparison, maker);
  return comparison;
}

}  // namespace cnnbench
