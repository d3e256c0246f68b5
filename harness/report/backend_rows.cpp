#include "harness/report/backend_comparison.h"
#include "harness/report/csv.h"
#include "harness/report/environment.h"

namespace cnnbench {
namespace {

using Json = nlohmann::ordered_json;

std::optional<double> low(const std::optional<Interval>& interval) {
  return interval ? std::optional(interval->low) : std::nullopt;
}

std::optional<double> high(const std::optional<Interval>& interval) {
  return interval ? std::optional(interval->high) : std::nullopt;
}

/// One backend's time in one row, flat: the columns of backends.csv by their names.
Json cell(const BackendComparison& comparison, const std::string& scope, const std::string& layer,
          std::optional<Direction> direction, const std::string& backend, const BackendTime& time) {
  return {{"model", comparison.model},
          {"pass", to_string(comparison.pass)},
          {"scope", scope},
          {"layer", layer},
          {"direction", direction ? to_string(*direction) : "all"},
          {"backend", backend},
          {"median_seconds", number_or_null(time.median)},
          {"median_low_seconds", number_or_null(low(time.interval))},
          {"median_high_seconds", number_or_null(high(time.interval))},
          {"relative_to", comparison.backends[comparison.reference]},
          {"ratio", number_or_null(time.ratio)},
          {"ratio_low", number_or_null(low(time.ratio_interval))},
          {"ratio_high", number_or_null(high(time.ratio_interval))},
          {"fastest", time.fastest ? 1 : 0},
          {"gflops_per_second", number_or_null(time.gflops_per_second)},
          {"implementation", time.implementation},
          {"reason", time.reason}};
}

void add_row(Json& cells, const BackendComparison& comparison, const std::string& scope,
             const std::string& label, const BackendRow& row) {
  for (std::size_t i = 0; i < row.times.size(); ++i)
    cells.push_back(cell(comparison, scope, label, row.direction, comparison.backends[i], row.times[i]));
}

/// The bound belongs to no backend; its implementation says which backend runs what.
Json bound(const BackendComparison& comparison) {
  const FastestPerLayer& mixed = *comparison.fastest_per_layer;
  BackendTime time;
  time.median = mixed.seconds;
  const std::optional<double> reference = mixed.alone[comparison.reference];
  if (reference && *reference > 0) time.ratio = mixed.seconds / *reference;
  for (std::size_t i = 0; i < mixed.choice.size(); ++i)
    time.implementation +=
        (i == 0 ? "" : " + ") + comparison.layers[i].layer + " " + comparison.backends[mixed.choice[i]];
  return cell(comparison, "bound", "fastest per layer", {}, "", time);
}

void add_comparison(Json& cells, const BackendComparison& comparison) {
  for (const BackendRow& row : comparison.layers) add_row(cells, comparison, "layer", row.layer, row);
  for (const BackendRow& row : comparison.directions) add_row(cells, comparison, "layer", row.layer, row);
  for (const BackendRow& row : comparison.sums) add_row(cells, comparison, "sum", "sum of layers", row);
  if (comparison.network) add_row(cells, comparison, "network", "network", *comparison.network);
  if (comparison.fastest_per_layer) cells.push_back(bound(comparison));
}

}  // namespace

Json backend_comparison_json(const Report& report) {
  Json cells = Json::array();
  for (const NetworkReport& network : report.networks)
    for (const PassReport& pass : network.passes)
      if (const auto comparison = compare_backends(network.model, pass)) add_comparison(cells, *comparison);
  return cells;
}

std::string backends_csv(const Report& report) {
  std::string csv;
  for (const Json& row : backend_comparison_json(report)) {
    std::vector<std::string> names, fields;
    for (const auto& [name, value] : row.items()) {
      names.push_back(name);
      fields.push_back(value.is_string()   ? value.get<std::string>()
                       : value.is_number() ? csv_number(value.get<double>())
                                           : "");
    }
    if (csv.empty()) csv = csv_row(names);
    csv += csv_row(fields);
  }
  return csv;
}

}  // namespace cnnbench
