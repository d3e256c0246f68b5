#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ostream>

#include "harness/measure/make_record.h"
#include "harness/report/console_flags.h"
#include "harness/report/direct_equivalent.h"
#include "harness/report/format.h"
#include "harness/report/layer_times.h"
#include "harness/report/report.h"
#include "harness/report/table.h"

namespace cnnbench {
namespace {

/// A view of a backend, layer by layer.
struct LayerRows {
  const BackendReport& backend;
  View view;
  std::vector<LayerTimes> layers;
};

constexpr std::array<const char*, directions.size()> headings = {"forward", "bwd data", "bwd weights",
                                                                 "reorder"};
constexpr std::size_t reorder = directions.size() - 1;

using Records = std::vector<const Record*>;

/// Records of one direction, or of all (`direction` = directions.size()), over the rows.
Records gather(const std::vector<LayerTimes>& layers, std::size_t direction) {
  Records records;
  for (const LayerTimes& layer : layers) {
    if (direction == directions.size()) {
      const Records all = layer.all();
      records.insert(records.end(), all.begin(), all.end());
    } else if (layer.records[direction] != nullptr) {
      records.push_back(layer.records[direction]);
    }
  }
  return records;
}

using Values = std::vector<std::optional<CombinedTime>>;

/// One value a row and the total: of one direction, or of each layer's whole.
Values values_of(const LayerRows& rows, std::size_t direction) {
  Values values;
  for (const LayerTimes& layer : rows.layers)
    values.push_back(combine(rows.view, gather({layer}, direction)));
  values.push_back(combine(rows.view, gather(rows.layers, direction)));
  return values;
}

std::vector<std::optional<TimeValue>> times_of(const Values& values) {
  std::vector<std::optional<TimeValue>> times;
  for (const auto& value : values) times.push_back(value ? std::optional(value->time) : std::nullopt);
  return times;
}

void add_times(Table& table, const std::string& heading, const Values& values, Spread spread,
               const TimeScale& scale) {
  TimeColumn column = time_column(times_of(values), spread, scale);
  table.add_column(heading, column.unit, Align::right, std::move(column.cells));
}

/// A rate that is direct-equivalent has a dagger behind it, and its column room for that.
std::vector<std::string> rate_cells(const Values& values) {
  const bool daggers = std::any_of(values.begin(), values.end(),
                                   [](const auto& value) { return value && value->direct_equivalent; });
  std::vector<std::string> cells;
  for (const auto& value : values) {
    const auto rate = value ? gflops_per_second(value->flops, value->time.seconds) : std::nullopt;
    cells.push_back(rate ? fmt::format("{:.1f}", *rate) : "-");
    if (daggers) cells.back() += rate && value->direct_equivalent ? "†" : " ";
  }
  return cells;
}

std::vector<std::string> share_cells(const Values& values) {
  std::vector<std::string> cells;
  const double total = values.back() ? values.back()->time.seconds : 0;
  for (const auto& value : values)
    cells.push_back(value && total > 0 ? percent(value->time.seconds / total) : "-");
  return cells;
}

std::vector<std::string> names_of(const std::vector<LayerTimes>& layers) {
  std::vector<std::string> names;
  for (const LayerTimes& layer : layers) names.push_back(layer.layer);
  names.emplace_back("total");
  return names;
}

std::vector<std::string> implementations(const std::vector<LayerTimes>& layers, std::size_t direction) {
  std::vector<std::string> cells;
  for (const LayerTimes& layer : layers)
    cells.push_back(layer.records[direction] != nullptr ? layer.records[direction]->implementation : "-");
  return cells;
}

/// Where a rate is direct-equivalent, the error of every layer stands beside the rates.
void add_errors(Table& table, const LayerRows& rows, bool total) {
  if (!any_direct_equivalent(gather(rows.layers, directions.size())) || rows.view != View::layers) return;
  std::vector<std::string> cells = error_cells(rows.backend, rows.layers);
  if (total) cells.emplace_back();
  table.add_column("error", "", Align::right, std::move(cells));
}

/// Time a direction, their sum, its share and rate; in inference, which has one direction, its error and
/// implementation too.
Table times_table(const LayerRows& rows, bool training, const TimeScale& scale, std::size_t name_width) {
  const std::vector<LayerTimes>& layers = rows.layers;
  const Values sums = values_of(rows, directions.size());
  Table table;
  table.add_column("layer", "", Align::left, names_of(layers), name_width);
  std::vector<std::string> outputs;
  for (const LayerTimes& layer : layers) outputs.push_back(layer.output);
  outputs.emplace_back();
  table.add_column("output", "", Align::right, std::move(outputs));
  bool several = false;
  for (std::size_t direction = 0; direction < directions.size(); ++direction) {
    if (gather(layers, direction).empty()) continue;
    const Spread spread = direction == reorder ? Spread::none : training ? Spread::percent : Spread::sd;
    add_times(table, headings[direction], values_of(rows, direction), spread, scale);
    several = several || direction > 0;
  }
  if (several) add_times(table, "sum", sums, Spread::none, scale);
  table.add_column("share", "%", Align::right, share_cells(sums));
  table.add_column("GFLOP/s", "", Align::right, rate_cells(sums));
  if (!training) {
    add_errors(table, rows, true);
    std::vector<std::string> cells = implementations(layers, 0);
    cells.emplace_back();
    table.add_column("implementation", "", Align::left, std::move(cells), 19);
  }
  table.set_total(true);
  return table;
}

/// All columns share one unit. Where the line is too long, decimals go first, then the ends of layers' names.
void print_times(std::ostream& out, const LayerRows& rows, bool training) {
  const Spread spread = training ? Spread::percent : Spread::sd;
  TimeScale scale = time_scale(times_of(values_of(rows, directions.size())), spread);
  std::size_t name_width = 12;
  while (times_table(rows, training, scale, name_width).width() > console_width &&
         (scale.decimals > 0 || name_width > 6)) {
    if (scale.decimals > 1 || name_width == 6)
      --scale.decimals;
    else
      --name_width;
  }
  times_table(rows, training, scale, name_width).print(out);
}

/// Training's second table: rate and implementation a direction, and the error.
void print_training_rates(std::ostream& out, const LayerRows& rows) {
  const std::vector<LayerTimes>& layers = rows.layers;
  Table table;
  std::vector<std::string> names = names_of(layers);
  names.pop_back();
  table.add_column("layer", "", Align::left, std::move(names), 8);
  for (std::size_t direction = 0; direction < reorder; ++direction) {
    if (gather(layers, direction).empty()) continue;
    std::vector<std::string> rates = rate_cells(values_of(rows, direction));
    rates.pop_back();
    table.add_column("GFLOP/s", "", Align::right, std::move(rates));
    table.add_column(headings[direction], "", Align::left, implementations(layers, direction), 14);
  }
  add_errors(table, rows, false);
  table.print(out);
}

void print_reorders(std::ostream& out, const std::vector<LayerTimes>& layers) {
  std::vector<std::string> phrases;
  for (const Record* record : gather(layers, reorder))
    phrases.push_back(fmt::format("{} {}", record->layer, record->implementation));
  if (!phrases.empty()) print_phrases(out, phrases, "; ", "  ", "Reorders, charged to the layer: ");
}

/// "Layouts: acdb in conv1, pool1; acdb → abcd in conv2": a phrase a layout, in the order of the layers.
void print_layouts(std::ostream& out, const std::vector<LayerTimes>& layers) {
  std::vector<std::pair<std::string, std::string>> users;  // layout → layers
  for (const LayerTimes& layer : layers) {
    const Record* const forward = layer.records[0];
    if (forward == nullptr || forward->layout.empty()) continue;
    const auto known = std::find_if(users.begin(), users.end(),
                                    [&](const auto& entry) { return entry.first == forward->layout; });
    if (known == users.end())
      users.emplace_back(forward->layout, layer.layer);
    else
      known->second += ", " + layer.layer;
  }
  std::vector<std::string> phrases;
  for (const auto& [layout, names] : users) phrases.push_back(layout + " in " + names);
  if (!phrases.empty()) print_phrases(out, phrases, "; ", "  ", "Layouts, forward: ");
}

void print_unattributed(std::ostream& out, const Setup& setup) {
  if (!setup.unattributed_share || !std::isfinite(*setup.unattributed_share)) return;
  const double share = *setup.unattributed_share;
  std::string text =
      std::abs(share) < 0.0005 ? "The layers add up to the network's time, to 0.1 %"
      : share >= 0 ? fmt::format("Unattributed: {} % of the network's time is in no layer", percent(share))
                   : fmt::format("The layers add up to {} % more than the network's time", percent(-share));
  if (const auto& interval = setup.unattributed_interval) {
    const auto [low, high] =
        share >= 0 ? std::pair(interval->low, interval->high) : std::pair(-interval->high, -interval->low);
    text += fmt::format(" (95 %: {} to {} %)", percent(low), percent(high));
  }
  text += ".";
  if (!layers_explain(setup)) text += " FLAG: above 5 %, so the layers do not explain the step.";
  print_wrapped(out, text, "  ", "");
}

std::string steps_of(const Records& records) {
  const auto [least, most] =
      std::minmax_element(records.begin(), records.end(),
                          [](const Record* a, const Record* b) { return a->summary.n < b->summary.n; });
  const std::int64_t low = (*least)->summary.n, high = (*most)->summary.n;
  return low == high ? counted(high, "step") : fmt::format("{} to {}", grouped(low), counted(high, "step"));
}

}  // namespace

void print_layers(std::ostream& out, const ReportedBackend& of, View view,
                  const std::optional<Ceilings>& ceilings) {
  const LayerRows rows{of.backend, view, layer_times(of.model, of.backend.records(view))};
  const Records records = gather(rows.layers, directions.size());
  if (records.empty()) return;
  const Record& example = *records.front();
  const bool alone = view == View::isolated;
  print_wrapped(out,
                fmt::format("Layers of {}{}, {} on {}: {}; mean{} over {}", of.model.name,
                            alone ? fmt::format(" one at a time (isolated, {} caches)",
                                                example.gap == Gap::cold ? "cold" : "hot")
                                  : "",
                            to_string(of.pass), of.backend.name, describe_run(example),
                            example.ranks > 1 ? " of the slowest rank" : "", steps_of(records)) +
                    (example.ranks > 1 ? "; GFLOP/s of one rank" : ""),
                "  ", "");
  const bool training = !gather(rows.layers, 1).empty() || !gather(rows.layers, 2).empty();
  print_times(out, rows, training);
  if (training) {
    out << '\n';
    print_training_rates(out, rows);
  }
  print_direct_equivalent(out, ceilings, view, records, training);
  print_reorders(out, rows.layers);
  print_layouts(out, rows.layers);
  if (view == View::layers && of.backend.setup) print_unattributed(out, *of.backend.setup);
  print_flags(out, records);
}

}  // namespace cnnbench
