#include "harness/report/environment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>

#include "harness/report/layer_times.h"

namespace cnnbench {
namespace {

using Json = nlohmann::ordered_json;

const Json* find(const Json& facts, const char* key) {
  if (!facts.is_object()) return nullptr;
  const auto found = facts.find(key);
  return found == facts.end() ? nullptr : &*found;
}

template <typename T>
Json value_or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json integer_or_null(std::optional<double> value) {
  return value && std::isfinite(*value) ? Json(std::llround(*value)) : Json(nullptr);
}

/// Google Benchmark's list; a cache whose size is unknown is left out.
Json caches(const Json& facts) {
  struct Kind {
    const char* key;
    const char* type;
    int level;
  };
  Json list = Json::array();
  const Json* sizes = find(facts, "caches");
  if (sizes == nullptr) return list;
  for (const Kind& kind :
       {Kind{"l1d_bytes", "Data", 1}, Kind{"l2_bytes", "Unified", 2}, Kind{"l3_bytes", "Unified", 3}}) {
    const auto size = number_of(*sizes, kind.key);
    if (size)
      list.push_back({{"type", kind.type},
                      {"level", kind.level},
                      {"size", integer_or_null(size)},
                      {"num_sharing", nullptr}});
  }
  return list;
}

/// The highest frequency where the kernel knows it, else the current one.
Json megahertz(const Json& facts) {
  const Json* frequencies = find(facts, "frequency_hz");
  if (frequencies == nullptr) return nullptr;
  auto hertz = number_of(*frequencies, "max");
  if (!hertz) hertz = number_of(*frequencies, "current");
  return hertz ? integer_or_null(*hertz / 1e6) : Json(nullptr);
}

Json load_average(const Json& facts) {
  Json list = Json::array();
  const Json* found = find(facts, "load_average");
  if (found != nullptr && found->is_array())
    std::copy_if(found->begin(), found->end(), std::back_inserter(list),
                 [](const Json& x) { return x.is_number(); });
  return list;
}

/// True where the governor lets the frequency change (Google Benchmark's rule); null where it is unknown.
Json scaling_enabled(const Json& facts) {
  const auto governor = text_of(facts, "governor");
  return governor ? Json(*governor != "performance") : Json(nullptr);
}

/// "release" or "debug", Google Benchmark's two words.
Json build_type(const Json& facts) {
  const Json* build = find(facts, "build");
  auto type = build != nullptr ? text_of(*build, "type") : std::nullopt;
  if (!type) return nullptr;
  std::transform(type->begin(), type->end(), type->begin(), [](unsigned char c) { return std::tolower(c); });
  return type->find("debug") == 0 ? "debug" : "release";
}

/// "vgg16/forward/onednn/layers/conv1_1/forward"; a whole step has no direction in its name.
std::string benchmark_name(const ReportedBackend& of, View view, const Record& record) {
  std::string name =
      fmt::format("{}/{}/{}/{}", of.model.name, to_string(of.pass), of.backend.name, to_string(view));
  if (!record.layer.empty()) name += "/" + record.layer;
  return record.direction ? name + "/" + direction_name(record) : name;
}

/// compare.py pairs runs by name, so that a repeated one gets a number.
std::string unique(const std::string& name, std::set<std::string>& taken) {
  std::string candidate = name;
  for (int i = 2; !taken.insert(candidate).second; ++i) candidate = name + "#" + std::to_string(i);
  return candidate;
}

/// One row of Google Benchmark's. It wants a CPU time too; none is measured, so the real time stands for it:
/// the calls that are timed keep their threads busy and block until they are done.
Json benchmark_row(const Record& record, const std::string& name, std::size_t index) {
  const Json nanoseconds = number_or_null(record.summary.mean * 1e9);
  Json row = {{"name", name},
              {"family_index", index},
              {"per_family_instance_index", 0},
              {"run_name", name},
              {"run_type", "iteration"},
              {"repetitions", 1},
              {"repetition_index", 0},
              {"threads", record.threads},
              {"iterations", record.summary.n},
              {"real_time", nanoseconds},
              {"cpu_time", nanoseconds},
              {"time_unit", "ns"}};
  if (!record.implementation.empty()) row["label"] = record.implementation;
  return row;
}

}  // namespace

std::optional<std::string> text_of(const Json& facts, const char* key) {
  const Json* value = find(facts, key);
  return value != nullptr && value->is_string() ? std::optional(value->get<std::string>()) : std::nullopt;
}

std::optional<double> number_of(const Json& facts, const char* key) {
  const Json* value = find(facts, key);
  return value != nullptr && value->is_number() ? std::optional(value->get<double>()) : std::nullopt;
}

std::string variables_in_words(const std::vector<Json>& environment) {
  const auto value_of = [](const Json& facts, const std::string& name) {
    const Json* variables = find(facts, "environment_variables");
    return variables == nullptr ? std::nullopt : text_of(*variables, name.c_str());
  };
  std::set<std::string> names;
  for (const Json& facts : environment)
    if (const Json* variables = find(facts, "environment_variables"); variables != nullptr)
      for (const auto& [name, value] : variables->items()) names.insert(name);
  std::string words;
  for (const std::string& name : names) {
    const std::optional<std::string> first = value_of(environment.front(), name);
    words += (words.empty() ? "" : ", ") + name + (first ? "=" + *first : " not set");
    for (std::size_t rank = 1; rank < environment.size(); ++rank) {
      const std::optional<std::string> other = value_of(environment[rank], name);
      if (other == first) continue;
      words += " (rank " + std::to_string(rank) + ": " + other.value_or("not set") + ")";
      break;
    }
  }
  return words;
}

Json number_or_null(std::optional<double> value) {
  return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
}

Json google_benchmark_context(const Json& facts, const std::string& start_time,
                              const std::string& executable) {
  std::string date = start_time;
  if (date.ends_with('Z')) date.replace(date.size() - 1, 1, "+00:00");
  return {{"date", date},
          {"host_name", value_or_null(text_of(facts, "host"))},
          {"executable", executable},
          {"num_cpus", integer_or_null(number_of(facts, "logical_cpus"))},
          {"mhz_per_cpu", megahertz(facts)},
          {"cpu_scaling_enabled", scaling_enabled(facts)},
          {"caches", caches(facts)},
          {"load_avg", load_average(facts)},
          {"library_build_type", build_type(facts)},
          {"json_schema_version", 1}};
}

Json google_benchmark_rows(const Report& report) {
  Json rows = Json::array();
  std::set<std::string> taken;
  for_each_record(report, [&](const ReportedBackend& of, View view, const Record& record) {
    rows.push_back(benchmark_row(record, unique(benchmark_name(of, view, record), taken), rows.size()));
  });
  return rows;
}

}  // namespace cnnbench
