#include <nlohmann/json.hpp>

#include "harness/cluster/placement.h"

namespace cnnbench {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(RankPlace, rank, host, cores, cores_on_node, packages_on_node, cpu_limit,
                                   requested_threads)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Placement, threads, warnings)

namespace {

/// Bytes that are not UTF-8 (in a host name) are replaced rather than thrown at.
std::string to_text(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

Placement place(Cluster& cluster, int requested_threads, double cpu_limit) {
  const RankPlace own = find_place(cluster, requested_threads, cpu_limit);
  std::vector<RankPlace> places;
  for (const std::string& text : cluster.gather(to_text(own))) places.push_back(nlohmann::json::parse(text));
  const std::string plan = cluster.is_root() ? to_text(plan_placement(places)) : std::string();
  return nlohmann::json::parse(cluster.broadcast(plan)).get<Placement>();
}

}  // namespace cnnbench
