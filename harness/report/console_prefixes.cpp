#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "harness/report/console_flags.h"
#include "harness/report/format.h"
#include "harness/report/layer_times.h"
#include "harness/report/report.h"
#include "harness/report/table.h"

namespace cnnbench {
namespace {

/// Elements of one image, from a shape's text: 301056 for "96x56x56".
std::int64_t flattened(const std::string& shape) {
  std::int64_t size = 1;
  for (std::size_t start = 0; start <= shape.size();) {
    const std::size_t end = std::min(shape.find('x', start), shape.size());
    size *= std::stoll(shape.substr(start, end - start));
    start = end + 1;
  }
  return size;
}

/// Place in the network, from 0; -1 where unknown.
int layer_number(const ReportedModel* model, const std::string& layer) {
  if (model == nullptr) return -1;
  for (std::size_t i = 0; i < model->model.layers.size(); ++i)
    if (model->model.layers[i].name == layer) return static_cast<int>(i);
  return -1;
}

}  // namespace

void print_prefixes(std::ostream& out, const Report& report, const std::string& model,
                    const std::string& pass, const std::string& backend) {
  const ReportedModel* reported = find_model(report, model);
  std::vector<const Record*> records;
  for (const Record& record : report.records)
    if (record.model == model && record.pass == pass && record.backend == backend && record.view == "prefix")
      records.push_back(&record);
  if (records.empty()) return;

  std::vector<std::string> numbers, names, outputs, flat;
  std::vector<std::optional<TimeValue>> times, differences;
  double previous = 0;
  for (const Record* record : records) {
    const int number = layer_number(reported, record->layer);
    numbers.push_back(number < 0 ? "-" : std::to_string(number));
    names.push_back(record->layer);
    outputs.push_back(record->output);
    flat.push_back(fmt::format("({}, {})", record->batch, flattened(record->output)));
    times.push_back(TimeValue{record->summary.mean, record->summary.sd});
    differences.push_back(TimeValue{record->summary.mean - previous, std::nullopt});
    previous = record->summary.mean;
  }
  const TimeScale scale = time_scale(times, Spread::sd);
  TimeColumn time = time_column(times, Spread::sd, scale);
  TimeColumn difference = time_column(differences, Spread::none, scale);

  const Record& example = *records.front();
  print_wrapped(
      out,
      fmt::format("Cumulative times of {}, {} on {}: {}; mean{} of the network cut off after each layer",
                  model, pass, backend, describe_run(example),
                  example.ranks > 1 ? " from first start to last end" : ""),
      "  ", "");
  Table table;
  table.add_column("#", "", Align::right, std::move(numbers));
  table.add_column("through", "layer", Align::left, std::move(names), 8);
  table.add_column("output", "", Align::right, std::move(outputs));
  table.add_column("flattened", "", Align::right, std::move(flat));
  table.add_column("time", time.unit, Align::right, std::move(time.cells));
  table.add_column("difference", difference.unit, Align::right, std::move(difference.cells));
  table.print(out);
  print_flags(out, records);
}

}  // namespace cnnbench
