#include "harness/report/csv.h"

#include <fmt/format.h>

#include <cmath>

#include "harness/report/format.h"
#include "harness/report/layer_times.h"
#include "harness/report/report.h"

namespace cnnbench {
namespace {

std::string quoted(const std::string& field) {
  if (field.find_first_of(",\"\r\n") == std::string::npos) return field;
  std::string result = "\"";
  for (const char c : field) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + '"';
}

std::vector<std::string> texts_of(const std::vector<Flag>& flags) {
  std::vector<std::string> texts;
  for (const Flag& flag : flags) texts.push_back(flag.text);
  return texts;
}

std::vector<std::string> fields_of(const ReportedBackend& of, View view, const Record& record) {
  const Summary& summary = record.summary;
  const auto& interval = summary.median_interval;
  return {of.model.name,
          std::string(to_string(of.pass)),
          of.backend.name,
          std::string(to_string(view)),
          record.layer,
          record.kind,
          output_name(record),
          direction_name(record),
          record.implementation,
          std::to_string(record.batch),
          std::to_string(record.ranks),
          std::to_string(record.threads),
          std::to_string(record.flops),
          std::to_string(record.bytes),
          std::to_string(summary.n),
          csv_number(summary.mean),
          csv_number(summary.sd),
          csv_number(summary.median),
          csv_number(interval ? std::optional(interval->low) : std::nullopt),
          csv_number(interval ? std::optional(interval->high) : std::nullopt),
          csv_number(summary.min),
          csv_number(summary.max),
          csv_number(summary.p95),
          csv_number(gflops_per_second(record.flops, seconds_a_step(summary))),
          std::string(to_string(record.stop_reason)),
          join(texts_of(record.flags), "; "),
          record.direct_equivalent ? "1" : "0",
          csv_number(l2_error(of.backend, view, record)),
          record.layout,
          std::string(to_string(record.gap))};
}

}  // namespace

std::string csv_row(const std::vector<std::string>& fields) {
  std::string row;
  for (const std::string& field : fields) row += (&field == &fields.front() ? "" : ",") + quoted(field);
  return row + '\n';
}

std::string csv_number(std::optional<double> value) {
  return value && std::isfinite(*value) ? fmt::format("{}", *value) : "";
}

std::string layers_csv(const Report& report) {
  std::string csv =
      "model,pass,backend,view,layer,kind,output,direction,implementation,batch,ranks,threads,flops,bytes,n,"
      "mean_seconds,sd_seconds,median_seconds,median_low_seconds,median_high_seconds,min_seconds,max_seconds,"
      "p95_seconds,gflops_per_second,stop_reason,flags,direct_equivalent,l2_error,layout,gap\n";
  for_each_record(report, [&](const ReportedBackend& of, View view, const Record& record) {
    csv += csv_row(fields_of(of, view, record));
  });
  return csv;
}

}  // namespace cnnbench
