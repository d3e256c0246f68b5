#include "harness/machine/disturbances.h"

#include <sys/resource.h>

#include <algorithm>
#include <string>

#include "harness/machine/cgroup_folders.h"
#include "harness/machine/files.h"

namespace cnnbench {
namespace {

void take_largest(std::optional<double>& largest, const std::filesystem::path& folder, const char* key,
                  double unit) {
  const std::string stat = read_text(folder / "cpu.stat").value_or("");
  const auto count = to_integer(find_value(stat, key, ' ').value_or(""));
  if (count) largest = std::max(largest.value_or(0), static_cast<double>(*count) * unit);
}

}  // namespace

Disturbances read_disturbances(const std::filesystem::path& root) {
  Disturbances result;
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) result.involuntary_switches = usage.ru_nivcsw;
  for (const auto& folder : cgroup_folders(root, ""))
    take_largest(result.throttled_seconds, folder, "throttled_usec", 1e-6);
  for (const auto& folder : cgroup_folders(root, "cpu"))
    take_largest(result.throttled_seconds, folder, "throttled_time", 1e-9);
  return result;
}

}  // namespace cnnbench
