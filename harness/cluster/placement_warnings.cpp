#include "harness/cluster/placement_warnings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <numeric>
#include <optional>

#include "harness/cluster/mpirun_flags.h"
#include "harness/cluster/words.h"

namespace cnnbench {
namespace {

/// One thing wrong with some ranks: what it is, and what mends it.
struct Finding {
  std::vector<int> ranks;
  std::string problem;
  std::string cure;
};

/// "OMP_PLACES and OMP_PROC_BIND" of "OMP_PLACES={0}, OMP_PROC_BIND=true".
std::string names_of_variables(const std::string& binding) {
  std::string names;
  for (const char* name : {"OMP_PLACES", "OMP_PROC_BIND", "GOMP_CPU_AFFINITY", "KMP_AFFINITY"})
    if ((", " + binding).find(", " + std::string(name) + "=") != std::string::npos)
      names += (names.empty() ? "" : " and ") + std::string(name);
  return names;
}

/// Ranks of a node that share cores, as groups_sharing_cores() finds them; or one rank.
struct Group {
  std::vector<int> ranks;
  std::vector<int> cores;   ///< of all masks together
  std::vector<int> shared;  ///< in more than one mask
  bool same_mask = true;
  int threads = 0;             ///< of all ranks together
  int requested = 0;           ///< --threads; 0: not given
  std::string openmp_binding;  ///< of one of its ranks
};

Group describe_group(const ClusterNode& node, const std::vector<std::size_t>& members) {
  Group group;
  std::map<int, int> ranks_on_core;
  for (std::size_t i : members) {
    const RankPlace& place = node.places[i];
    group.ranks.push_back(place.rank);
    for (int core : place.cores) ++ranks_on_core[core];
    group.same_mask = group.same_mask && place.cores == node.places[members[0]].cores;
    group.threads += node.threads[i];
    group.requested = std::max(group.requested, place.requested_threads);
    if (!place.openmp_binding.empty()) group.openmp_binding = place.openmp_binding;
  }
  for (const auto& [core, ranks] : ranks_on_core) {
    group.cores.push_back(core);
    if (ranks > 1) group.shared.push_back(core);
  }
  return group;
}

/// The start that mends it, and before that, where the cores were taken away elsewhere, how to get these
/// back: no flag of mpirun does.
std::string start_with(const PinnedStart& start, const ClusterNode& node) {
  const RankPlace& place = node.places[0];
  const std::string start_so = fmt::format("start with `{}`", start.command);
  switch (place.binder) {
    case Binder::nobody:
    case Binder::mpirun:
      return start_so;
    case Binder::openmp:
      return "unset " + names_of_variables(place.openmp_binding) +
             (node.ranks() == 1 ? "" : " and " + start_so);
    case Binder::outside:
      return "start without the binding from outside (taskset, numactl, a batch system)" +
             (node.ranks() == 1 ? "" : fmt::format(" and with `{}`", start.command));
  }
  return start_so;
}

/// By whom the ranks of a node are bound to their cores; empty where that is not known.
std::string bound_by(const ClusterNode& node) {
  const RankPlace& place = node.places[0];
  switch (place.binder) {
    case Binder::nobody:
      return "";
    case Binder::mpirun:
      return " by mpirun";
    case Binder::openmp:
      return fmt::format(" by the OpenMP runtime ({})", place.openmp_binding);
    case Binder::outside:
      return " from outside of this program (taskset, numactl, a batch system)";
  }
  return "";
}

std::optional<Finding> oversubscription(const std::vector<ClusterNode>& nodes, const ClusterNode& node,
                                        const Group& group) {
  const int cores = static_cast<int>(group.cores.size());
  if (cores == 0 || group.threads <= cores) return std::nullopt;
  Finding finding{group.ranks, "", ""};
  finding.problem =
      fmt::format("{} on {} run{} {} on {}: the threads wait for each other, and times are long and uneven",
                  name_numbers("rank", group.ranks), node.host, group.ranks.size() == 1 ? "s" : "",
                  count_of(group.threads, "thread"), count_of(cores, "core"));
  const PinnedStart as_asked = pinned_start(nodes, group.requested);
  const PinnedStart fewer = pinned_start(nodes, 0);
  if (!as_asked.command.empty()) {
    finding.cure = start_with(as_asked, node);
  } else if (fewer.command.empty()) {
    finding.cure = fmt::format("start at most {} on a node", count_of(node.usable_cores(), "rank"));
  } else if (group.ranks.size() == 1 && cores >= fewer.cores_per_rank) {
    finding.cure = fmt::format("give --threads {}", fewer.cores_per_rank);
  } else {
    finding.cure = fmt::format("give --threads {} and {}", fewer.cores_per_rank, start_with(fewer, node));
  }
  return finding;
}

std::optional<Finding> overlap(const std::vector<ClusterNode>& nodes, const ClusterNode& node,
                               const Group& group) {
  if (group.ranks.size() < 2 || oversubscription(nodes, node, group)) return std::nullopt;
  const std::string ranks = name_numbers("rank", group.ranks);
  Finding finding{group.ranks, "", ""};
  if (group.same_mask && !group.openmp_binding.empty()) {
    finding.problem = fmt::format(
        "{} on {} are not pinned apart, and the OpenMP runtime of each ({}) binds its threads to the first "
        "of the same cores: they run one after the other",
        ranks, node.host, group.openmp_binding);
  } else if (group.same_mask) {
    finding.problem =
        fmt::format("{} on {} are not pinned apart: each may run on {}, and they disturb each other's times",
                    ranks, node.host, name_numbers("core", group.cores));
  } else {
    finding.problem = fmt::format("{} on {} share {}: their times disturb each other", ranks, node.host,
                                  name_numbers("core", group.shared));
  }
  const PinnedStart start = pinned_start(nodes, group.requested);
  finding.cure = start.command.empty()
                     ? fmt::format("start at most {} on a node", count_of(node.usable_cores(), "rank"))
                     : start_with(start, node);
  return finding;
}

std::vector<int> ranks_of(const ClusterNode& node) {
  std::vector<int> ranks;
  for (const RankPlace& place : node.places) ranks.push_back(place.rank);
  return ranks;
}

/// --threads on every rank says that what is left idle is meant to be.
bool threads_were_requested(const ClusterNode& node) {
  return std::all_of(node.places.begin(), node.places.end(),
                     [](const RankPlace& place) { return place.requested_threads > 0; });
}

std::optional<Finding> idle_cores(const std::vector<ClusterNode>& nodes, const ClusterNode& node) {
  const std::vector<int> used = node.cores_in_masks();
  const int usable = node.usable_cores();
  const int idle = usable - static_cast<int>(used.size());
  if (used.empty() || idle <= 0 || threads_were_requested(node)) return std::nullopt;
  const PinnedStart start = pinned_start(nodes, 0);
  const bool is_so_already = std::all_of(node.places.begin(), node.places.end(), [&](const RankPlace& place) {
    return place.binder != Binder::openmp && place.binder != Binder::outside &&
           static_cast<int>(place.cores.size()) == start.cores_per_rank;
  });
  Finding finding{ranks_of(node), "", ""};
  finding.problem = fmt::format(
      "{} of {} of {} {} idle, because {} bound to {}{}: times are those of {}, not of the node", idle,
      count_of(usable, "core"), node.host, idle == 1 ? "stays" : "stay",
      name_numbers("rank", finding.ranks) + (node.ranks() == 1 ? " is" : " are"), name_numbers("core", used),
      bound_by(node), count_of(static_cast<int>(used.size()), "core"));
  if (start.command.empty()) {
    finding.cure = fmt::format("start at most {} on a node", count_of(usable, "rank"));
  } else if (is_so_already) {
    finding.cure = fmt::format("start the same number of ranks on every node, one that divides {}", usable);
  } else {
    finding.cure = start_with(start, node);
  }
  return finding;
}

std::optional<Finding> cgroup_limit(const ClusterNode& node) {
  const double limit = node.cpu_limit();
  const int threads = std::accumulate(node.threads.begin(), node.threads.end(), 0);
  const std::string raise = "raise the limit (cpu.max; docker run --cpus)";
  if (limit == 0) return std::nullopt;
  if (threads > limit) {
    const int share = static_cast<int>(limit / node.ranks());
    const int ranks = std::max(static_cast<int>(limit), 1);
    std::string fewer;
    if (share >= 1) fewer = fmt::format("give --threads {} or ", share);
    if (share < 1 && node.ranks() > 1)
      fewer = fmt::format("start at most {} on a node or ", count_of(ranks, "rank"));
    return Finding{
        ranks_of(node),
        fmt::format("{} runs {}, but its cgroup grants {:g} CPUs: the threads are stopped for a part of "
                    "every period, and times jump",
                    node.host, count_of(threads, "thread"), limit),
        fewer + raise};
  }
  if (limit >= node.cores() || threads_were_requested(node)) return std::nullopt;
  return Finding{
      ranks_of(node),
      fmt::format("the cgroup grants {:g} CPUs for the {} of {}: {} in all, and times are not those of "
                  "the node",
                  limit, count_of(node.cores(), "core"), node.host, count_of(threads, "thread")),
      raise};
}

/// One sentence for all findings of a kind.
void add_warning(std::vector<std::string>& warnings, const std::vector<Finding>& findings) {
  if (findings.empty()) return;
  std::vector<int> others;
  for (std::size_t i = 1; i < findings.size(); ++i) {
    others.insert(others.end(), findings[i].ranks.begin(), findings[i].ranks.end());
  }
  std::sort(others.begin(), others.end());
  const std::string also = others.empty() ? "" : fmt::format(" (likewise {})", name_numbers("rank", others));
  warnings.push_back(fmt::format("{}{}; {}", findings[0].problem, also, findings[0].cure));
}

}  // namespace

std::vector<std::string> placement_warnings(const std::vector<ClusterNode>& nodes) {
  std::vector<Finding> overlaps, oversubscribed, idle, limited;
  const auto add = [](std::vector<Finding>& list, const std::optional<Finding>& finding) {
    if (finding) list.push_back(*finding);
  };
  for (const ClusterNode& node : nodes) {
    for (const std::vector<std::size_t>& members : groups_sharing_cores(node)) {
      const Group group = describe_group(node, members);
      add(overlaps, overlap(nodes, node, group));
      add(oversubscribed, oversubscription(nodes, node, group));
    }
    add(idle, idle_cores(nodes, node));
    add(limited, cgroup_limit(node));
  }
  std::vector<std::string> warnings;
  for (const auto* findings : {&oversubscribed, &overlaps, &idle, &limited}) add_warning(warnings, *findings);
  return warnings;
}

}  // namespace cnnbench
