#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "harness/cluster/cluster.h"

namespace cnnbench {
namespace {

/// What a rank finds, and what all of them find.
struct Verdict {
  int severity = 0;
  std::string host;
  std::string message;

  std::string text() const { return static_cast<char>('0' + severity) + host + '\n' + message; }
  static Verdict of(const std::string& text) {
    const std::size_t end = text.find('\n');
    return {text[0] - '0', text.substr(1, end - 1), text.substr(end + 1)};
  }
  bool is_like(const Verdict& other) const { return severity == other.severity && message == other.message; }
};

Verdict worst_of(const std::vector<std::string>& texts) {
  std::vector<Verdict> all;
  for (const std::string& text : texts) all.push_back(Verdict::of(text));
  auto worst = std::max_element(all.begin(), all.end(), [](const Verdict& a, const Verdict& b) {
    return a.severity < b.severity;  // the first of equals
  });
  const bool same =
      std::all_of(all.begin(), all.end(), [&](const Verdict& one) { return one.is_like(*worst); });
  if (!same && worst->severity > 0)
    worst->message =
        rank_in_words(static_cast<int>(worst - all.begin()), worst->host) + ": " + worst->message;
  return *worst;
}

}  // namespace

int worst(Cluster& cluster, int severity, std::string& message) {
  const std::vector<std::string> all = cluster.gather(Verdict{severity, host_name(), message}.text());
  const Verdict found =
      Verdict::of(cluster.broadcast(cluster.is_root() ? worst_of(all).text() : std::string()));
  if (found.severity > 0) message = found.message;
  return found.severity;
}

bool agree(Cluster& cluster, bool ok, std::string& message) {
  return worst(cluster, ok ? 0 : 1, message) == 0;
}

std::string rank_in_words(int rank, const std::string& host) {
  return "rank " + std::to_string(rank) + " on " + host;
}

}  // namespace cnnbench
