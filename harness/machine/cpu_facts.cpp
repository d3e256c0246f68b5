#include "harness/machine/cpu_facts.h"

#include <cmath>
#include <optional>
#include <set>
#include <vector>

#include "harness/machine/facts.h"
#include "harness/machine/files.h"
#include "harness/machine/nullable.h"

namespace cnnbench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

fs::path cpu_folder(const fs::path& root, int cpu) {
  return root / "sys/devices/system/cpu" / ("cpu" + std::to_string(cpu));
}

/// The number of different texts that a file of each CPU's folder has; null where none has it.
Json count_different(const fs::path& root, const std::vector<int>& cpus, const char* file) {
  std::set<std::string> texts;
  for (int cpu : cpus) {
    if (const auto text = read_text(cpu_folder(root, cpu) / file)) texts.insert(*text);
  }
  return texts.empty() ? Json() : Json(texts.size());
}

/// "48K", "2048K", "260M" as the kernel writes it.
std::optional<std::int64_t> parse_size(std::string text) {
  if (text.empty()) return std::nullopt;
  std::int64_t unit = 1;
  if (text.back() == 'K') unit = 1024;
  if (text.back() == 'M') unit = 1024 * 1024;
  if (unit > 1) text.pop_back();
  const auto value = to_integer(text);
  return value ? std::optional(*value * unit) : std::nullopt;
}

/// Bytes of one cache of each level that holds data; a level that is not there or not known is null.
Json caches_of_sys(const fs::path& cpu) {
  Json sizes = {{"l1d_bytes", nullptr}, {"l2_bytes", nullptr}, {"l3_bytes", nullptr}};
  for (int index = 0; index < 8; ++index) {
    const fs::path cache = cpu / "cache" / ("index" + std::to_string(index));
    const std::string type = read_text(cache / "type").value_or("");
    const std::string level = read_text(cache / "level").value_or("");
    if (type != "Data" && type != "Unified") continue;
    const std::string key = "l" + level + (level == "1" ? "d" : "") + "_bytes";
    if (sizes.contains(key)) sizes[key] = nullable(parse_size(read_text(cache / "size").value_or("")));
  }
  return sizes;
}

Json caches(const fs::path& cpu, AskSystem ask) {
  Json sizes = caches_of_sys(cpu);
  for (const auto& [key, size] : sizes.items())
    if (!size.is_null()) return sizes;
  const auto asked = [ask](int name) { return ask(name) > 0 ? Json(ask(name)) : Json(); };
  return {{"l1d_bytes", asked(_SC_LEVEL1_DCACHE_SIZE)},
          {"l2_bytes", asked(_SC_LEVEL2_CACHE_SIZE)},
          {"l3_bytes", asked(_SC_LEVEL3_CACHE_SIZE)}};
}

/// All that are in force on the CPUs of the mask: "performance", or "performance, powersave".
Json governors(const fs::path& root, const std::vector<int>& cpus) {
  std::set<std::string> names;
  for (int cpu : cpus) {
    if (const auto name = read_text(cpu_folder(root, cpu) / "cpufreq/scaling_governor")) names.insert(*name);
  }
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : ", ") + name;
  return names.empty() ? Json() : Json(joined);
}

Json hertz(const fs::path& file) {
  const auto kilohertz = read_integer(file);
  return kilohertz ? Json(*kilohertz * 1000) : Json();
}

/// Where there is no cpufreq driver (in most virtual machines) /proc/cpuinfo has the clock that the CPU
/// reports.
Json frequencies(const fs::path& cpu, const std::string& cpuinfo) {
  Json current = hertz(cpu / "cpufreq/scaling_cur_freq");
  if (const auto megahertz = find_value(cpuinfo, "cpu MHz"); current.is_null() && megahertz) {
    if (const double value = std::strtod(megahertz->c_str(), nullptr); value > 0)
      current = std::llround(value * 1e6);
  }
  return {{"max", hertz(cpu / "cpufreq/cpuinfo_max_freq")},
          {"min", hertz(cpu / "cpufreq/cpuinfo_min_freq")},
          {"current", current}};
}

Json turbo(const fs::path& root) {
  const fs::path cpus = root / "sys/devices/system/cpu";
  if (const auto off = read_integer(cpus / "intel_pstate/no_turbo")) return *off == 0;
  if (const auto on = read_integer(cpus / "cpufreq/boost")) return *on != 0;
  return nullptr;
}

}  // namespace

std::string cpu_model(const fs::path& root) {
  const std::string text = read_text(root / "proc/cpuinfo").value_or("");
  for (const char* key : {"model name", "cpu model", "cpu"}) {  // x86; MIPS; POWER
    if (const auto name = find_value(text, key); name && !name->empty()) return *name;
  }
  const auto implementer = find_value(text, "CPU implementer");
  const auto part = find_value(text, "CPU part");
  if (implementer && part) return "Arm implementer " + *implementer + " part " + *part;
  return "unknown CPU";
}

std::string cpu_model() {
  return cpu_model("/");
}

Json cpu_facts(const fs::path& root, AskSystem ask) {
  const std::string cpuinfo = read_text(root / "proc/cpuinfo").value_or("");
  const std::string status = read_text(root / "proc/self/status").value_or("");
  const std::vector<int> online =
      parse_cpu_list(read_text(root / "sys/devices/system/cpu/online").value_or(""));
  const std::optional<std::string> mask = find_value(status, "Cpus_allowed_list");
  std::vector<int> allowed = parse_cpu_list(mask.value_or(""));
  if (allowed.empty()) allowed = online;
  const fs::path first = cpu_folder(root, allowed.empty() ? 0 : allowed.front());
  std::optional<std::string> flags = find_value(cpuinfo, "flags");
  if (!flags) flags = find_value(cpuinfo, "Features");  // Arm

  const std::string model = cpu_model(root);
  Json facts;
  facts["cpu_model"] = model == "unknown CPU" ? Json() : Json(model);
  facts["cpu_flags"] = flags ? Json(split_words(*flags)) : Json();
  facts["sockets"] = count_different(root, online, "topology/physical_package_id");
  // One list of hardware threads a core; core_id alone is not unique on a machine with several dies.
  facts["cores"] = count_different(root, online, "topology/thread_siblings_list");
  facts["logical_cpus"] = online.empty() ? Json() : Json(online.size());
  facts["affinity_mask"] = nullable(mask);
  facts["caches"] = caches(first, ask);
  facts["governor"] = governors(root, allowed);
  facts["frequency_hz"] = frequencies(first, cpuinfo);
  facts["turbo"] = turbo(root);
  return facts;
}

}  // namespace cnnbench
