#include "harness/measure/rank_clocks.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace cnnbench {
namespace {

constexpr int round_trips = 200;  // some ms on a local network

double seconds_between(std::int64_t from, std::int64_t to) {
  return 1e-9 * static_cast<double>(to - from);
}

}  // namespace

ClockOffset clock_offset(std::span<const RoundTrip> trips) {
  if (trips.empty()) throw std::invalid_argument("no round trips to compare clocks by");
  const auto duration = [](const RoundTrip& trip) { return trip.received - trip.sent; };
  const RoundTrip& shortest =
      *std::min_element(trips.begin(), trips.end(),
                        [&](const RoundTrip& a, const RoundTrip& b) { return duration(a) < duration(b); });
  const double middle = shortest.sent + duration(shortest) / 2;
  return {middle - shortest.theirs, duration(shortest) / 2, middle};
}

RankClocks::RankClocks(Cluster& cluster, Clock& clock) : cluster_(cluster), clock_(clock) {
  nlohmann::json ranks = nlohmann::json::array();  // of each: its node's first rank, and the clock's origin
  for (const std::string& text : cluster.gather(nlohmann::json{cluster.node(), clock.origin()}.dump()))
    ranks.push_back(nlohmann::json::parse(text));
  ranks = nlohmann::json::parse(cluster.broadcast(ranks.dump()));
  const auto own = static_cast<std::size_t>(cluster.rank());
  for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
    const int first = ranks[rank][0].get<int>();
    if (first == static_cast<int>(rank)) {
      nodes_.push_back({first, 0, {}, 0});
      between_origins_.push_back(
          seconds_between(ranks[rank][1].get<std::int64_t>(), ranks[0][1].get<std::int64_t>()));
    }
    const auto node = std::find_if(nodes_.begin(), nodes_.end(),
                                   [&](const NodeClock& each) { return each.first_rank == first; });
    node_of_.push_back(static_cast<std::size_t>(node - nodes_.begin()));
    if (rank == own)
      from_first_rank_ = seconds_between(ranks[static_cast<std::size_t>(first)][1].get<std::int64_t>(),
                                         ranks[rank][1].get<std::int64_t>());
  }
  behind_.resize(nodes_.size());
  clock_.set_behind(from_first_rank_);
}

/// Of every node with rank 0's as both are set by now; on rank 0.
std::vector<ClockOffset> RankClocks::compare() {
  std::vector<ClockOffset> offsets(1);
  const auto now = [&] { return clock_.on_rank_0(clock_.now()); };
  for (std::size_t node = 1; node < nodes_.size(); ++node) {
    const int other = nodes_[node].first_rank;
    if (cluster_.is_root()) {
      std::vector<RoundTrip> trips(round_trips);
      for (RoundTrip& trip : trips) {
        trip.sent = now();
        cluster_.send(other, 0);
        trip.theirs = cluster_.receive(other);
        trip.received = now();
      }
      offsets.push_back(clock_offset(trips));
    } else if (cluster_.rank() == other) {
      for (int trip = 0; trip < round_trips; ++trip) {
        cluster_.receive(0);
        cluster_.send(0, now());
      }
    }
  }
  return offsets;
}

void RankClocks::note(const std::vector<ClockOffset>& offsets) {
  const bool first = first_.empty();
  if (first) first_ = offsets;
  for (std::size_t node = 1; node < offsets.size(); ++node) {
    const double offset = behind_[node] + offsets[node].seconds;
    if (first) {
      first_[node].seconds = offset;
      nodes_[node].offset_seconds = offset + between_origins_[node];
    } else if (const double seconds = offsets[node].at - first_[node].at; seconds > 0) {
      nodes_[node].drift = (offset - first_[node].seconds) / seconds;
    }
    nodes_[node].error_seconds = std::max(nodes_[node].error_seconds, offsets[node].error);
  }
}

void RankClocks::synchronize() {
  if (nodes_.size() < 2) return;
  synchronized_ = compare();
  if (cluster_.is_root()) {
    note(synchronized_);
    for (std::size_t node = 1; node < nodes_.size(); ++node) behind_[node] += synchronized_[node].seconds;
  }
  behind_ =
      nlohmann::json::parse(cluster_.broadcast(nlohmann::json(behind_).dump())).get<std::vector<double>>();
  clock_.set_behind(from_first_rank_ + behind_[node_of_[static_cast<std::size_t>(cluster_.rank())]]);
}

void RankClocks::correct(std::vector<Samples>& all) {
  if (nodes_.size() < 2) return;
  const std::vector<ClockOffset> after = compare();
  if (!cluster_.is_root()) return;
  note(after);
  for (Samples& samples : all) {
    for (std::size_t rank = 0; rank < samples.starts.size(); ++rank) {
      const std::size_t node = node_of_[rank];
      if (node == 0) continue;
      const double from = synchronized_[node].at;
      // By the other clock less time has passed, by what it has lost.
      const double rate = after[node].seconds / (after[node].at - from - after[node].seconds);
      for (double& start : samples.starts[rank]) start += rate * (start - from);
    }
    for (std::size_t node = 1; node < nodes_.size(); ++node)
      samples.clock_error_seconds =
          std::max({samples.clock_error_seconds, synchronized_[node].error, after[node].error});
  }
}

}  // namespace cnnbench
