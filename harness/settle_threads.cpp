#include "harness/settle_threads.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/backend/startable_threads.h"
#include "harness/cluster/team.h"
#include "harness/cluster/words.h"
#include "harness/plan.h"

namespace cnnbench {
namespace {

/// All ranks of a node try at a time, since they share its limits.
int startable_together(Cluster& cluster, int threads) {
  const StartableThreads sleeping(threads);
  cluster.barrier();
  return sleeping.count();
}

/// The first rank that has fewer threads, and the numbers of all such ranks.
struct Short {
  std::vector<int> ranks;
  int planned = 0;
  Team team;
};

std::string in_words(const Short& found, const char* wanted) {
  return fmt::format("{} {} run{} on {} where {} {}: {}", found.team.threads,
                     found.team.threads == 1 ? "thread" : "threads", found.team.threads == 1 ? "s" : "",
                     name_numbers("rank", found.ranks), found.planned, wanted, found.team.cause);
}

}  // namespace

void settle_threads(Cluster& cluster, Placement& placement, int requested) {
  const bool dynamic = fix_team_size();
  const int planned = placement.threads.at(static_cast<std::size_t>(cluster.rank()));
  const int startable = startable_together(cluster, planned - 1);
  cluster.barrier();  // the threads of all have ended
  const Team own = open_team(planned, startable);

  const nlohmann::json mine{own.threads, own.cause, dynamic};
  nlohmann::json found{{"threads", placement.threads}, {"short", ""}, {"dynamic", false}};
  Short fewer;
  int rank = 0;
  for (const std::string& text : cluster.gather(mine.dump())) {
    const nlohmann::json one = nlohmann::json::parse(text);
    int& threads = placement.threads[static_cast<std::size_t>(rank)];
    const Team team{one[0].get<int>(), one[1].get<std::string>()};
    if (team.threads < threads) {
      if (fewer.ranks.empty()) fewer = {{}, threads, team};
      fewer.ranks.push_back(rank);
      threads = team.threads;
    }
    if (one[2].get<bool>()) found["dynamic"] = true;
    ++rank;
  }
  found["threads"] = placement.threads;
  if (!fewer.ranks.empty())
    found["short"] = in_words(fewer, requested > 0 ? "are asked for by --threads" : "were planned");
  found = nlohmann::json::parse(cluster.broadcast(found.dump()));

  placement.threads = found["threads"].get<std::vector<int>>();
  if (const auto words = found["short"].get<std::string>(); !words.empty()) {
    if (requested > 0) throw UserError(words);
    placement.warnings.push_back(words);
  }
  if (found["dynamic"].get<bool>())
    placement.warnings.push_back(
        "OMP_DYNAMIC was on and has been turned off for this run: the number of threads would change with "
        "the "
        "load");
}

}  // namespace cnnbench
