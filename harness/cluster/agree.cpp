#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "harness/cluster/cluster.h"

namespace cnnbench {
namespace {

constexpr char kGood = '+';
constexpr char kFailed = '-';

/// The verdict over all ranks' answers, each led by kGood or kFailed; a verdict has the same form.
std::string verdict(const std::vector<std::string>& answers) {
  const auto failed =
      std::find_if(answers.begin(), answers.end(), [](const std::string& a) { return a[0] == kFailed; });
  if (failed == answers.end()) return std::string(1, kGood);
  const bool same =
      std::all_of(answers.begin(), answers.end(), [&](const std::string& a) { return a == *failed; });
  const std::string who = same ? "" : "rank " + std::to_string(failed - answers.begin()) + ": ";
  return std::string(1, kFailed) + who + failed->substr(1);
}

}  // namespace

bool agree(Cluster& cluster, bool ok, std::string& message) {
  const std::vector<std::string> answers = cluster.gather(ok ? std::string(1, kGood) : kFailed + message);
  const std::string result = cluster.broadcast(cluster.is_root() ? verdict(answers) : std::string());
  if (result[0] == kGood) return true;
  message = result.substr(1);
  return false;
}

}  // namespace cnnbench
