#include "harness/machine/disturbances.h"

#include <sys/resource.h>

#include <algorithm>
#include <string>

#include "harness/machine/cgroup_folders.h"
#include "harness/machine/files.h"

namespace cnnbench {

DisturbanceReader::DisturbanceReader(const std::filesystem::path& root) {
  const auto add = [&](const char* controller, const char* key, double unit) {
    for (const auto& folder : cgroup_folders(root, controller))
      if (find_value(read_text(folder / "cpu.stat").value_or(""), key, ' '))
        sources_.push_back({folder / "cpu.stat", key, unit});
  };
  add("", "throttled_usec", 1e-6);
  add("cpu", "throttled_time", 1e-9);
}

Disturbances DisturbanceReader::read() const {
  Disturbances result;
  for (const Source& source : sources_) {
    const auto count =
        to_integer(find_value(read_text(source.file).value_or(""), source.key, ' ').value_or(""));
    if (count)
      result.throttled_seconds =
          std::max(result.throttled_seconds.value_or(0), static_cast<double>(*count) * source.unit);
  }
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) result.involuntary_switches = usage.ru_nivcsw;
  return result;
}

}  // namespace cnnbench
