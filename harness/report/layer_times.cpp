#include "harness/report/layer_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace cnnbench {
namespace {

std::optional<double> combined_sd(const std::vector<const Record*>& records) {
  if (records.size() == 1) return records.front()->summary.sd;
  Welford welford;
  for (const double seconds : summed_samples(records)) welford.add(seconds);
  if (const auto variance = welford.variance()) return std::sqrt(*variance);
  double squares = 0;
  for (const Record* record : records) {
    if (!record->summary.sd) return std::nullopt;
    squares += *record->summary.sd * *record->summary.sd;
  }
  return std::sqrt(squares);
}

std::size_t position(const Report& report, const std::string& model, const std::string& layer) {
  const ReportedModel* reported = find_model(report, model);
  if (reported == nullptr) return 0;
  const auto& layers = reported->model.layers;
  const auto found =
      std::find_if(layers.begin(), layers.end(), [&](const auto& other) { return other.name == layer; });
  return static_cast<std::size_t>(found - layers.begin());
}

}  // namespace

std::vector<double> summed_samples(const std::vector<const Record*>& records) {
  if (records.empty()) return {};
  std::vector<double> sums = records.front()->samples;
  for (std::size_t i = 1; i < records.size(); ++i) {
    const std::vector<double>& samples = records[i]->samples;
    if (samples.size() != sums.size() || records[i]->view == "isolated") return {};
    for (std::size_t step = 0; step < sums.size(); ++step) sums[step] += samples[step];
  }
  return sums;
}

std::optional<CombinedTime> combine(const std::vector<const Record*>& records) {
  if (records.empty()) return std::nullopt;
  CombinedTime combined;
  for (const Record* record : records) {
    combined.time.seconds += record->summary.mean;
    combined.flops += record->flops;
    combined.direct_equivalent = combined.direct_equivalent || record->direct_equivalent;
  }
  combined.time.sd = combined_sd(records);
  return combined;
}

std::vector<const Record*> LayerTimes::all() const {
  std::vector<const Record*> present;
  std::copy_if(records.begin(), records.end(), std::back_inserter(present),
               [](const Record* r) { return r != nullptr; });
  return present;
}

std::vector<LayerTimes> layer_times(const Report& report, const std::string& model, const std::string& pass,
                                    const std::string& backend, const std::string& view) {
  std::vector<LayerTimes> layers;
  for (const Record& record : report.records) {
    if (record.model != model || record.pass != pass || record.backend != backend || record.view != view)
      continue;
    const auto direction = std::find(directions.begin(), directions.end(), record.direction);
    if (direction == directions.end()) continue;
    auto layer = std::find_if(layers.begin(), layers.end(),
                              [&](const auto& row) { return row.layer == record.layer; });
    if (layer == layers.end()) layer = layers.insert(layer, LayerTimes{record.layer, record.output, {}});
    layer->records[static_cast<std::size_t>(direction - directions.begin())] = &record;
  }
  std::stable_sort(layers.begin(), layers.end(), [&](const LayerTimes& a, const LayerTimes& b) {
    return position(report, model, a.layer) < position(report, model, b.layer);
  });
  return layers;
}

std::optional<double> l2_error(const Report& report, const Record& record) {
  const std::string_view tensor = record.direction == "forward"            ? "output"
                                  : record.direction == "backward_data"    ? "input_gradient"
                                  : record.direction == "backward_weights" ? "weights_gradient"
                                                                           : "";
  if (tensor.empty() || record.view != "layers" || record.layer == "loss") return std::nullopt;
  for (const Check& check : report.checks)
    if (check.layer == record.layer && check.tensor == tensor && check.model == record.model &&
        check.pass == record.pass && check.backend == record.backend)
      return check.l2_error;
  return std::nullopt;
}

const ReportedModel* find_model(const Report& report, const std::string& name) {
  const auto found = std::find_if(report.models.begin(), report.models.end(),
                                  [&](const ReportedModel& reported) { return reported.model.name == name; });
  return found == report.models.end() ? nullptr : &*found;
}

std::string describe_run(const Record& record) {
  return fmt::format("batch {}{}, {} × {}{}", grouped(record.batch), record.ranks > 1 ? " a rank" : "",
                     counted(record.ranks, "rank"), counted(record.threads, "thread"),
                     record.gap == "none" ? "" : ", gap " + record.gap);
}

}  // namespace cnnbench
