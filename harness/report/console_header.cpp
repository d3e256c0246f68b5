#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "harness/model/cost.h"
#include "harness/report/environment.h"
#include "harness/report/format.h"
#include "harness/report/report.h"

namespace cnnbench {
namespace {

using Json = nlohmann::ordered_json;

void print_fact(std::ostream& out, std::string_view name, const std::string& text) {
  if (!text.empty()) print_wrapped(out, text, "            ", pad_right(name, 12));
}

std::string ranks_in_words(const Report& report) {
  if (report.threads.empty()) return counted(report.ranks, "rank");
  const auto [least, most] = std::minmax_element(report.threads.begin(), report.threads.end());
  const std::string threads =
      *least == *most ? counted(*most, "thread") : fmt::format("{} to {} threads", *least, *most);
  return fmt::format("{} × {}", counted(report.ranks, "rank"), threads);
}

std::string machine_in_words(const Report& report) {
  if (report.environment.empty()) return "";
  const Json& facts = report.environment.front();
  std::vector<std::string> parts;
  for (const char* key : {"cpu_model", "host"})
    if (const auto text = text_of(facts, key)) parts.push_back(*text);
  if (const auto cpus = number_of(facts, "logical_cpus"))
    parts.push_back(counted(static_cast<std::int64_t>(*cpus), "logical CPU"));
  return join(parts, ", ");
}

std::string model_in_words(const NetworkReport& reported) {
  std::int64_t forward = 0;
  for (const ModelLayer& layer : reported.model.layers) forward += flops(layer, Direction::forward, 1);
  return fmt::format("{}: {}, {} parameters, forward {} an image, batch {} a rank", reported.model.name,
                     counted(static_cast<std::int64_t>(reported.model.layers.size()), "layer"),
                     grouped(reported.model.parameters()), scaled(static_cast<double>(forward), "FLOP"),
                     grouped(reported.batch));
}

std::string backend_in_words(const std::string& name, const Json& facts) {
  const auto version = text_of(facts, "version");
  return version ? name + " " + *version : name;
}

/// What lies between the timed steps: a setting of the whole run, or of each network.
std::string gap_in_words(const Json& settings) {
  std::vector<std::string> parts;
  if (!settings.is_array()) return "";
  for (const Json& one : settings) {
    const std::string gap = text_of(one, "gap").value_or("none");
    const std::string words = gap == "idle" ? "idle: before every timed step the threads rest until all sleep"
                              : gap == "cold"
                                  ? "cold: before every timed step the caches are filled with other data"
                                  : "none: timed steps follow one another, threads spin, caches are warm";
    if (std::find(parts.begin(), parts.end(), words) == parts.end()) parts.push_back(words);
  }
  return join(parts, "; or ");
}

/// Every setting that is a single value, as "burn_in 10".
std::string settings_in_words(const Json& settings) {
  std::vector<std::string> parts;
  if (settings.is_object())
    for (const auto& [key, value] : settings.items())
      if (value.is_primitive() && !value.is_null())
        parts.push_back(key + " " + (value.is_string() ? value.get<std::string>() : value.dump()));
  return join(parts, ", ");
}

}  // namespace

void print_header(std::ostream& out, const Report& report) {
  print_fact(out, "run", report.name + (report.start_time.empty() ? "" : ", " + report.start_time));
  print_fact(out, "machine", machine_in_words(report));
  print_fact(out, "ranks", ranks_in_words(report));
  for (const std::string& remark : report.placement_remarks) print_fact(out, "threads", remark);
  for (const auto& [name, facts] : report.backend_facts.items())
    print_fact(out, "backend", backend_in_words(name, facts));
  for (const NetworkReport& network : report.networks) print_fact(out, "model", model_in_words(network));
  print_fact(out, "variables", variables_in_words(report.environment));
  print_fact(out, "settings", settings_in_words(report.settings));
  print_fact(out, "gap", gap_in_words(report.settings));
  if (report.clock.cost_seconds > 0)
    print_fact(out, "clock",
               fmt::format("{:.0f} ns a call, resolution {:.0f} ns", report.clock.cost_seconds * 1e9,
                           report.clock.resolution_seconds * 1e9));
}

}  // namespace cnnbench
