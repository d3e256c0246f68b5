#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "harness/cluster/cluster.h"
#include "harness/measure/clock.h"
#include "harness/measure/measuring_loop.h"

namespace cnnbench {

/// One message from rank 0 to another rank and back, in seconds of the two clocks.
struct RoundTrip {
  double sent = 0;      ///< by rank 0's clock
  double theirs = 0;    ///< the other's clock, between the two
  double received = 0;  ///< by rank 0's clock
};

/// What has to be added to the other's clock to get rank 0's; right to ± error at one moment of rank 0's
/// clock.
struct ClockOffset {
  double seconds = 0;
  double error = 0;
  double at = 0;
};

/// From the shortest of the round trips: the other clock was read somewhere in it (Cristian 1989,
/// "Probabilistic clock synchronization"; so does Hunold & Carpen-Amarie 2016, "Reproducible MPI
/// Benchmarking is Still Not as Easy as You Think"). Throws std::invalid_argument for none.
ClockOffset clock_offset(std::span<const RoundTrip> trips);

/// How a node's clock compares with that of rank 0's node.
struct NodeClock {
  int first_rank = 0;           ///< of the node
  double offset_seconds = 0;    ///< rank 0's clock less this one, when they were first compared
  std::optional<double> drift;  ///< what this one loses, in seconds a second; empty: compared once
  double error_seconds = 0;     ///< of the comparisons: half of the round trip, the worst of them
};

/// Puts the starts of the steps of all ranks on one time line, rank 0's clock. Processes of one node have one
/// clock, and nothing is left to be done there. Over several nodes rank 0 compares its clock with that of
/// each other node's first rank before and after the steps; between the two the clocks are taken to drift
/// evenly. All calls are collective, outside any timed part.
class RankClocks {
 public:
  RankClocks(Cluster& cluster, Clock& clock);

  /// Before steps: sets every rank's clock to rank 0's (see Clock::on_rank_0).
  void synchronize();
  /// After steps: corrects the starts by what the clocks have drifted since, on rank 0, and says how far they
  /// may be off.
  void correct(std::vector<Samples>& all);

  /// One a node, in the order of their first ranks; complete on rank 0.
  const std::vector<NodeClock>& nodes() const { return nodes_; }

 private:
  std::vector<ClockOffset> compare();
  void note(const std::vector<ClockOffset>& offsets);

  Cluster& cluster_;
  Clock& clock_;
  std::vector<std::size_t> node_of_;  ///< rank → index of nodes_
  std::vector<NodeClock> nodes_;
  std::vector<double> between_origins_;    ///< a node: rank 0's origin less this one's, in seconds
  std::vector<double> behind_;             ///< a node: the correction in force
  std::vector<ClockOffset> first_;         ///< a node; on rank 0
  std::vector<ClockOffset> synchronized_;  ///< a node, at the latest synchronize(); on rank 0
  double from_first_rank_ = 0;             ///< this rank's clock to that of its node's first rank
};

}  // namespace cnnbench
