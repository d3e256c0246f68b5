#include "harness/cluster/team.h"

#include <fmt/format.h>
#include <omp.h>

#include <cstdlib>

namespace cnnbench {
namespace {

/// Why the runtime gave fewer than the system would start.
std::string cause_in_runtime() {
  if (omp_get_max_active_levels() < 1)
    return fmt::format("OMP_MAX_ACTIVE_LEVELS={} allows no team; unset it", omp_get_max_active_levels());
  if (const char* limit = std::getenv("OMP_THREAD_LIMIT"))
    return fmt::format("OMP_THREAD_LIMIT={} allows no more; unset it or raise it", limit);
  return "the OpenMP runtime gives no more; look at the variables OMP_… of the environment";
}

}  // namespace

Team open_team(int threads, int startable) {
  if (startable + 1 < threads)
    return {startable + 1,
            "the system starts no more for this user or control group; raise ulimit -u or pids.max"};
  int counted = 1;
#pragma omp parallel num_threads(threads)
  {
#pragma omp single
    counted = omp_get_num_threads();
  }
  return {counted, counted < threads ? cause_in_runtime() : ""};
}

bool fix_team_size() {
  const bool dynamic = omp_get_dynamic() != 0;
  omp_set_dynamic(0);
  return dynamic;
}

int threads_of_environment() {
  const char* const text = std::getenv("OMP_NUM_THREADS");
  if (text == nullptr) return 0;
  const int number = std::atoi(text);  // "4,2": the first is of the outermost teams
  return number > 0 && number <= 4096 ? number : 0;
}

}  // namespace cnnbench
