#include "harness/report/layer_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace cnnbench {
namespace {

std::optional<double> combined_sd(View view, const std::vector<const Record*>& records) {
  if (records.size() == 1) return records.front()->summary.sd;
  Welford welford;
  if (view != View::isolated)  // each layer has steps of its own
    for (const double seconds : summed_samples(records)) welford.add(seconds);
  if (const auto variance = welford.variance()) return std::sqrt(*variance);
  double squares = 0;
  for (const Record* record : records) {
    if (!record->summary.sd) return std::nullopt;
    squares += *record->summary.sd * *record->summary.sd;
  }
  return std::sqrt(squares);
}

/// The tensor that is compared for the operations of a direction.
std::optional<Tensor> made_by(Direction direction) {
  switch (direction) {
    case Direction::forward:
      return Tensor::output;
    case Direction::backward_data:
      return Tensor::input_gradient;
    case Direction::backward_weights:
      return Tensor::weights_gradient;
    case Direction::reorder:
      break;
  }
  return std::nullopt;
}

}  // namespace

std::vector<double> summed_samples(const std::vector<const Record*>& records) {
  if (records.empty()) return {};
  std::vector<double> sums = records.front()->samples;
  for (std::size_t i = 1; i < records.size(); ++i) {
    const std::vector<double>& samples = records[i]->samples;
    if (samples.size() != sums.size()) return {};
    for (std::size_t step = 0; step < sums.size(); ++step) sums[step] += samples[step];
  }
  return sums;
}

std::optional<CombinedTime> combine(View view, const std::vector<const Record*>& records) {
  if (records.empty()) return std::nullopt;
  CombinedTime combined;
  for (const Record* record : records) {
    combined.time.seconds += record->summary.mean;
    combined.flops += record->flops;
    combined.direct_equivalent = combined.direct_equivalent || record->direct_equivalent;
  }
  combined.time.sd = combined_sd(view, records);
  return combined;
}

std::vector<const Record*> LayerTimes::all() const {
  std::vector<const Record*> present;
  std::copy_if(records.begin(), records.end(), std::back_inserter(present),
               [](const Record* r) { return r != nullptr; });
  return present;
}

std::vector<LayerTimes> layer_times(const Model& model, std::span<const Record> records) {
  std::vector<LayerTimes> layers;
  for (const Record& record : records) {
    auto layer = std::find_if(layers.begin(), layers.end(),
                              [&](const auto& row) { return row.layer == record.layer; });
    if (layer == layers.end())
      layer = layers.insert(layer, LayerTimes{record.layer, output_name(record), {}});
    if (const std::size_t column = column_of(record.direction.value()); column < directions.size())
      layer->records[column] = &record;
  }
  std::stable_sort(layers.begin(), layers.end(), [&](const LayerTimes& a, const LayerTimes& b) {
    return layer_position(model, a.layer) < layer_position(model, b.layer);
  });
  return layers;
}

std::size_t layer_position(const Model& model, const std::string& layer) {
  const auto found = std::find_if(model.layers.begin(), model.layers.end(),
                                  [&](const ModelLayer& other) { return other.name == layer; });
  return static_cast<std::size_t>(found - model.layers.begin());
}

std::optional<double> l2_error(const BackendReport& backend, View view, const Record& record) {
  if (view != View::layers || record.layer == "loss") return std::nullopt;
  const std::optional<Tensor> made = made_by(record.direction.value());
  for (const Check& check : backend.checks)
    if (made && check.layer == record.layer && check.tensor == made) return check.l2_error;
  return std::nullopt;
}

std::string direction_name(const Record& record) {
  return record.direction ? std::string(to_string(*record.direction)) : "step";
}

std::string output_name(const Record& record) {
  return record.output ? to_string(*record.output) : record.layer.empty() ? "" : "1";
}

std::string describe_run(const Record& record) {
  return fmt::format("batch {}{}, {} × {}{}", grouped(record.batch), record.ranks > 1 ? " a rank" : "",
                     counted(record.ranks, "rank"), counted(record.threads, "thread"),
                     record.gap == Gap::none ? "" : fmt::format(", gap {}", to_string(record.gap)));
}

}  // namespace cnnbench
