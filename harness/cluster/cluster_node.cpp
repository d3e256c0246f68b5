#include "harness/cluster/cluster_node.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <set>

namespace cnnbench {

int ClusterNode::cores() const {
  int most = static_cast<int>(cores_in_masks().size());
  for (const RankPlace& place : places) most = std::max(most, place.cores_on_node);
  return std::max(most, 1);
}

int ClusterNode::packages() const {
  int most = 1;
  for (const RankPlace& place : places) most = std::max(most, place.packages_on_node);
  return most;
}

double ClusterNode::cpu_limit() const {
  double least = 0;
  for (const RankPlace& place : places) {
    if (place.cpu_limit > 0 && (least == 0 || place.cpu_limit < least)) least = place.cpu_limit;
  }
  return least;
}

int ClusterNode::usable_cores() const {
  if (cpu_limit() == 0) return cores();
  return static_cast<int>(std::clamp(std::floor(cpu_limit()), 1.0, static_cast<double>(cores())));
}

std::vector<int> ClusterNode::cores_in_masks() const {
  std::set<int> all;
  for (const RankPlace& place : places) all.insert(place.cores.begin(), place.cores.end());
  return {all.begin(), all.end()};
}

std::vector<ClusterNode> group_by_host(const std::vector<RankPlace>& places) {
  std::vector<RankPlace> sorted = places;
  std::sort(sorted.begin(), sorted.end(),
            [](const RankPlace& a, const RankPlace& b) { return a.rank < b.rank; });
  std::vector<ClusterNode> nodes;
  for (const RankPlace& place : sorted) {
    auto node =
        std::find_if(nodes.begin(), nodes.end(), [&](const ClusterNode& n) { return n.host == place.host; });
    if (node == nodes.end()) node = nodes.insert(nodes.end(), ClusterNode{place.host, {}, {}});
    node->places.push_back(place);
  }
  return nodes;
}

std::vector<std::vector<std::size_t>> groups_sharing_cores(const ClusterNode& node) {
  struct Group {
    std::set<int> cores;
    std::vector<std::size_t> members;
  };
  std::vector<Group> groups;
  for (std::size_t i = 0; i < node.places.size(); ++i) {
    Group merged{{node.places[i].cores.begin(), node.places[i].cores.end()}, {i}};
    std::vector<Group> apart;
    for (Group& group : groups) {
      const bool overlap = std::any_of(node.places[i].cores.begin(), node.places[i].cores.end(),
                                       [&](int core) { return group.cores.count(core) > 0; });
      if (overlap) {
        merged.cores.insert(group.cores.begin(), group.cores.end());
        merged.members.insert(merged.members.end(), group.members.begin(), group.members.end());
      } else {
        apart.push_back(std::move(group));
      }
    }
    apart.push_back(std::move(merged));
    groups = std::move(apart);
  }
  std::vector<std::vector<std::size_t>> members;
  for (Group& group : groups) {
    std::sort(group.members.begin(), group.members.end());
    members.push_back(std::move(group.members));
  }
  std::sort(members.begin(), members.end());
  return members;
}

}  // namespace cnnbench
