#include "harness/cluster/openmp_binding.h"

#include <omp.h>
#include <sched.h>

#include <cctype>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <vector>

namespace cnnbench {
namespace {

/// The mask that the runtime gave the first thread, while that thread is not there.
std::optional<cpu_set_t> first_place;

bool binds() {
  return omp_get_proc_bind() != omp_proc_bind_false && omp_get_num_places() > 0;
}

cpu_set_t all_places() {
  cpu_set_t all;
  CPU_ZERO(&all);
  for (int place = 0; place < omp_get_num_places(); ++place) {
    std::vector<int> cpus(static_cast<std::size_t>(omp_get_place_num_procs(place)));
    omp_get_place_proc_ids(place, cpus.data());
    for (int cpu : cpus) CPU_SET(cpu, &all);
  }
  return all;
}

bool has_digit(const char* text) {
  for (; text != nullptr && *text != '\0'; ++text)
    if (std::isdigit(static_cast<unsigned char>(*text))) return true;
  return false;
}

}  // namespace

std::string openmp_binding() {
  if (!binds()) return "";
  std::string all;
  for (const char* name : {"OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY", "KMP_AFFINITY"})
    if (const char* value = std::getenv(name))
      all += (all.empty() ? "" : ", ") + std::string(name) + "=" + value;
  return all.empty() ? "by its default" : all;
}

bool openmp_names_cores() {
  if (!binds()) return false;
  // OMP_PLACES comes before GOMP_CPU_AFFINITY in GNU's runtime, and the lists of the others are of numbers.
  if (const char* places = std::getenv("OMP_PLACES")) return has_digit(places);
  return has_digit(std::getenv("GOMP_CPU_AFFINITY")) || has_digit(std::getenv("KMP_AFFINITY"));
}

void leave_first_place() {
  if (first_place || !binds()) return;
  cpu_set_t bound;
  const cpu_set_t all = all_places();
  if (sched_getaffinity(0, sizeof bound, &bound) != 0) return;
  if (sched_setaffinity(0, sizeof all, &all) == 0) first_place = bound;
}

void return_to_first_place() {
  if (!first_place) return;
  sched_setaffinity(0, sizeof *first_place, &*first_place);
  first_place.reset();
}

}  // namespace cnnbench
