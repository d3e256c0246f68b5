#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <ostream>
#include <utility>

#include "harness/model/cost.h"
#include "harness/report/format.h"
#include "harness/report/layer_times.h"
#include "harness/report/report.h"
#include "harness/report/table.h"

namespace cnnbench {
namespace {

/// A network with its record; null where it was not measured.
struct Entry {
  const NetworkReport* network = nullptr;
  const Record* record = nullptr;
};

/// One row of the table: what it is, its text (given all values, so that a row has one unit), a value a
/// network.
struct Quantity {
  std::string name;
  std::vector<std::optional<double>> values;
  std::vector<std::string> texts;
};

std::int64_t forward_flops(const Model& model) {
  std::int64_t total = 0;
  for (const ModelLayer& layer : model.layers) total += flops(layer, Direction::forward, 1);
  return total;
}

Quantity counts(std::string name, const std::vector<Entry>& entries,
                const std::function<std::optional<std::int64_t>(const Entry&)>& value) {
  Quantity quantity{std::move(name), {}, {}};
  for (const Entry& entry : entries) {
    const std::optional<std::int64_t> count = value(entry);
    quantity.values.push_back(count ? std::optional(static_cast<double>(*count)) : std::nullopt);
    quantity.texts.push_back(count ? grouped(*count) : "-");
  }
  return quantity;
}

Quantity times(std::string name, const std::vector<Entry>& entries,
               const std::function<TimeValue(const Entry&)>& value) {
  Quantity quantity{std::move(name), {}, {}};
  std::vector<std::optional<TimeValue>> values;
  for (const Entry& entry : entries) {
    values.push_back(entry.record != nullptr ? std::optional(value(entry)) : std::nullopt);
    quantity.values.push_back(values.back() ? std::optional(values.back()->seconds) : std::nullopt);
  }
  // One unit for the row; each network's cell is a column of its own.
  const TimeScale scale = time_scale(values, Spread::percent);
  std::string unit(scale.unit.name);
  for (const auto& time : values) {
    TimeColumn column = time_column(std::span(&time, 1), Spread::percent, scale);
    quantity.texts.push_back(std::move(column.cells.front()));
    unit = std::max(unit, column.unit);  // with " ±%" where one has a spread
  }
  quantity.name += ", " + unit;
  return quantity;
}

/// Steps that an epoch takes; the last, smaller batch counts as the part of a step that it is.
double steps_an_epoch(const ReportedComparison& comparison, const Record& record) {
  return static_cast<double>(comparison.samples_per_epoch) /
         (static_cast<double>(record.batch) * static_cast<double>(record.ranks));
}

std::vector<Quantity> quantities(const ReportedComparison& comparison, Pass pass,
                                 const std::vector<Entry>& entries) {
  std::vector<Quantity> rows;
  rows.push_back(counts("parameters", entries, [](const Entry& e) { return e.network->model.parameters(); }));
  rows.push_back(counts("forward FLOPs a sample", entries,
                        [](const Entry& e) { return forward_flops(e.network->model); }));
  const auto of_record = [](auto value) {
    return [value](const Entry& e) {
      return e.record != nullptr ? std::optional(value(*e.record)) : std::nullopt;
    };
  };
  if (pass != Pass::forward)
    rows.push_back(counts("this pass's FLOPs a sample", entries,
                          of_record([](const Record& r) { return r.batch > 0 ? r.flops / r.batch : 0; })));
  rows.push_back(counts("batch a rank", entries, [](const Entry& e) { return e.network->batch; }));
  rows.push_back(counts("bytes a step", entries, of_record([](const Record& r) { return r.bytes; })));
  rows.push_back(times("time a step", entries, [](const Entry& e) {
    return TimeValue{e.record->summary.mean, e.record->summary.sd};
  }));
  if (comparison.samples_per_epoch > 0) {
    rows.push_back(times("time an epoch", entries, [&](const Entry& e) {
      return TimeValue{seconds_a_step(e.record->summary) * steps_an_epoch(comparison, *e.record),
                       std::nullopt};
    }));
  }
  return rows;
}

/// Networks [first, last) side by side, each with its ratio to the first of all.
Table make_table(const std::vector<Entry>& entries, const std::vector<Quantity>& rows, std::size_t first,
                 std::size_t last) {
  Table table;
  std::vector<std::string> names;
  for (const Quantity& row : rows) names.push_back(row.name);
  table.add_column("", "", Align::left, std::move(names));
  for (std::size_t i = first; i < last; ++i) {
    std::vector<std::string> texts, ratios;
    for (const Quantity& row : rows) {
      texts.push_back(row.texts[i]);
      const bool known = row.values[i] && row.values[0];
      ratios.push_back(known ? ratio(*row.values[i], *row.values[0]) : "-");
    }
    table.add_column(fit(entries[i].network->model.name, 20), "", Align::right, std::move(texts));
    table.add_column("", "", Align::right, std::move(ratios));
  }
  return table;
}

/// Tables below one another, each with as many networks as a line holds.
void print_tables(std::ostream& out, const std::vector<Entry>& entries, const std::vector<Quantity>& rows) {
  for (std::size_t first = 0; first < entries.size();) {
    std::size_t last = entries.size();
    while (last > first + 1 && make_table(entries, rows, first, last).width() > console_width) --last;
    make_table(entries, rows, first, last).print(out);
    first = last;
  }
}

/// The passes and backends whose networks are measured, in the order of the report.
std::vector<std::pair<Pass, std::string>> passes_and_backends(const Report& report) {
  std::vector<std::pair<Pass, std::string>> pairs;
  for (const ReportedBackend& one : all_backends(report)) {
    const std::pair pair(one.pass, one.backend.name);
    if (!one.backend.records(View::network).empty() &&
        std::find(pairs.begin(), pairs.end(), pair) == pairs.end())
      pairs.push_back(pair);
  }
  return pairs;
}

void print_comparison(std::ostream& out, const Report& report, const ReportedComparison& comparison) {
  for (const auto& [pass, backend] : passes_and_backends(report)) {
    std::vector<Entry> entries;
    for (const std::size_t index : comparison.networks) {
      const NetworkReport& network = report.networks[index];
      entries.push_back({&network, nullptr});
      for (const PassReport& one : network.passes)
        for (const BackendReport& measured : one.backends)
          if (one.pass == pass && measured.name == backend)
            for (const Record& record : measured.records(View::network)) entries.back().record = &record;
    }
    const auto example =
        std::find_if(entries.begin(), entries.end(), [](const Entry& e) { return e.record != nullptr; });
    if (example == entries.end()) continue;
    std::string title =
        fmt::format("Comparison {}, {} on {}: {} × {}; ratios (×) are to {}", comparison.name,
                    to_string(pass), backend, counted(example->record->ranks, "rank"),
                    counted(example->record->threads, "thread"), entries.front().network->model.name);
    if (comparison.samples_per_epoch > 0)
      title += fmt::format("; an epoch is {} samples", grouped(comparison.samples_per_epoch));
    print_wrapped(out, title, "  ", "");
    print_tables(out, entries, quantities(comparison, pass, entries));
  }
}

}  // namespace

void print_comparisons(std::ostream& out, const Report& report) {
  for (const ReportedComparison& comparison : report.comparisons) print_comparison(out, report, comparison);
}

}  // namespace cnnbench
