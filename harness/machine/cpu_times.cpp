#include "harness/machine/cpu_times.h"

#include <unistd.h>

#include <cstdlib>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "harness/machine/files.h"

namespace cnnbench {
namespace {

namespace fs = std::filesystem;

/// Fields of a line of /proc/stat after its name.
enum Field { user, nice, system, idle, iowait, irq, softirq, steal };

std::vector<double> seconds_of(const std::vector<std::string>& words, std::size_t first) {
  std::vector<double> seconds;
  for (std::size_t i = first; i < words.size(); ++i)
    seconds.push_back(std::strtod(words[i].c_str(), nullptr) * cpu_tick_seconds());
  return seconds;
}

/// User and system time of a process with all its threads (fields 14 and 15); 0 where it is not there.
double process_seconds(const fs::path& process) {
  const std::string stat = read_text(process / "stat").value_or("");
  const std::size_t name_end = stat.rfind(')');  // the name may hold any characters
  if (name_end == std::string::npos) return 0;
  const std::vector<double> seconds = seconds_of(split_words(stat.substr(name_end + 1)), 11);
  return seconds.size() < 2 ? 0 : seconds[0] + seconds[1];
}

/// CPUs that any of the threads may use: a runtime that binds its threads leaves the first one a single CPU.
void add_cpus(const fs::path& process, std::set<int>& cpus) {
  std::error_code error;
  for (const auto& task : fs::directory_iterator(process / "task", error)) {
    const std::string status = read_text(task.path() / "status").value_or("");
    for (const int cpu : parse_cpu_list(find_value(status, "Cpus_allowed_list").value_or("")))
      cpus.insert(cpu);
  }
}

}  // namespace

double cpu_tick_seconds() {
  static const double seconds = 1.0 / static_cast<double>(sysconf(_SC_CLK_TCK));
  return seconds;
}

CpuTimes read_cpu_times(std::span<const int> processes, const fs::path& root) {
  CpuTimes times;
  std::set<int> own;
  times.own = 0;
  for (const int process : processes) {
    const fs::path folder = root / "proc" / std::to_string(process);
    times.own += process_seconds(folder);
    add_cpus(folder, own);
  }
  std::istringstream lines(read_text(root / "proc/stat").value_or(""));
  for (std::string line; std::getline(lines, line) && line.starts_with("cpu");) {
    const std::vector<std::string> words = split_words(line);
    const std::vector<double> seconds = seconds_of(words, 1);
    if (seconds.size() <= softirq) continue;
    if (words[0] == "cpu") {
      times.busy = seconds[user] + seconds[nice] + seconds[system] + seconds[irq] + seconds[softirq];
      continue;
    }
    ++times.cpus;
    const auto cpu = to_integer(words[0].substr(3));
    if (!cpu || !own.contains(static_cast<int>(*cpu)) || seconds.size() <= steal) continue;
    times.stolen = (times.own_cpus > 0 ? times.stolen : 0) + seconds[steal];
    ++times.own_cpus;
  }
  return times;
}

}  // namespace cnnbench
