#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/cluster/placement.h"
#include "harness/cluster/team.h"

namespace cnnbench {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(RankPlace, rank, host, cores, cores_on_node, packages_on_node, cpu_limit,
                                   requested_threads, binder, openmp_binding)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Placement, threads, warnings, remarks)

namespace {

/// Bytes that are not UTF-8 (in a host name) are replaced rather than thrown at.
std::string to_text(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// Of rank 0: the environment is as a rule the same everywhere.
std::vector<std::string> remarks(const RankPlace& own, int requested, int by_environment) {
  std::vector<std::string> all;
  if (by_environment > 0 && requested == 0)
    all.push_back(fmt::format("as many threads as OMP_NUM_THREADS={} says", by_environment));
  if (by_environment > 0 && requested > 0 && by_environment != requested)
    all.push_back(fmt::format("--threads {} counts, not OMP_NUM_THREADS={}", requested, by_environment));
  if (!own.openmp_binding.empty())
    all.push_back(fmt::format("the OpenMP runtime binds its threads ({})", own.openmp_binding));
  return all;
}

}  // namespace

Placement place(Cluster& cluster, int requested_threads, double cpu_limit) {
  const int by_environment = threads_of_environment();
  const int requested = requested_threads > 0 ? requested_threads : by_environment;
  const RankPlace own = find_place(cluster, requested, cpu_limit);
  std::vector<RankPlace> places;
  for (const std::string& text : cluster.gather(to_text(own))) places.push_back(nlohmann::json::parse(text));
  std::string plan;
  if (cluster.is_root()) {
    Placement placement = plan_placement(places);
    placement.remarks = remarks(own, requested_threads, by_environment);
    plan = to_text(placement);
  }
  return nlohmann::json::parse(cluster.broadcast(plan)).get<Placement>();
}

}  // namespace cnnbench
