#include <fmt/format.h>

#include <ostream>

#include "harness/report/console_flags.h"
#include "harness/report/format.h"
#include "harness/report/layer_times.h"
#include "harness/report/report.h"
#include "harness/report/table.h"

namespace cnnbench {

void print_prefixes(std::ostream& out, const ReportedBackend& of) {
  std::vector<const Record*> records;
  for (const Record& record : of.backend.records(View::prefix)) records.push_back(&record);
  if (records.empty()) return;

  std::vector<std::string> numbers, names, outputs, flat;
  std::vector<std::optional<TimeValue>> times, differences;
  double previous = 0;
  for (const Record* record : records) {
    numbers.push_back(std::to_string(layer_position(of.model, record->layer)));
    names.push_back(record->layer);
    outputs.push_back(output_name(*record));
    flat.push_back(fmt::format("({}, {})", record->batch, record->output.value().size()));
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
                  of.model.name, to_string(of.pass), of.backend.name, describe_run(example),
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
