#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "harness/measure/measuring_loop.h"
#include "harness/measure/subject.h"

namespace cnnbench {

/// When the programs are made anew, or moved.
class Renewals {
 public:
  Renewals(const Renewal& renewal, const TimingSettings& settings, int burst_length, Cluster& cluster)
      : renewal_(renewal), cluster_(cluster) {
    rounds_ = (settings.steps + burst_length - 1) / burst_length;
    instances_ = std::min<std::int64_t>(rounds_, most_instances);
    if (rounds_ < 2) return;
    if (renewal.renew) ways_.push_back({Way::anew, renewal.seconds, 0.25});
    // How long it takes to move is not known before. Where making anew is quick it does not come to that.
    if (renewal.move &&
        cluster.broadcast(!renewal.renew || all_of(renewal.seconds) > short_seconds ? 1 : 0) != 0) {
      const auto start = std::chrono::steady_clock::now();
      if (renewal.move())
        ways_.push_back({Way::moved,
                         std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
                         0.75});
    }
  }

  /// Asked before every round, on all ranks.
  bool due(std::int64_t round, const std::vector<Subject>& subjects) {
    if (way_ == ways_.size() || round == 0 || instance_of(round) == instance_of(round - 1)) return false;
    if (!decided_) {
      while (way_ < ways_.size() && cluster_.broadcast(worth_it(ways_[way_], subjects) ? 1 : 0) == 0) ++way_;
      decided_ = true;
    }
    return way_ < ways_.size();
  }

  /// Does what is due. A reason to stop: see Renewal.
  std::optional<StopReason> renew() {
    if (ways_[way_].way == Way::anew) return renewal_.renew();
    renewal_.move();
    return std::nullopt;
  }

 private:
  enum class Way { anew, moved };

  /// One of them, the preferred first.
  struct Costs {
    Way way;
    double seconds;        ///< that it takes once; on rank 0
    double largest_share;  ///< of the time that is measured, that it may take
  };
  static constexpr double short_seconds = 2;  ///< for all times together they do not matter

  double all_of(double once) const { return static_cast<double>(instances_ - 1) * once; }

  /// The instances are as long as the batches of a ratio: see batch_means().
  std::int64_t instance_of(std::int64_t round) const { return ((round + 1) * instances_ - 1) / rounds_; }

  /// As rank 0 sees it after the first instance.
  bool worth_it(const Costs& costs, const std::vector<Subject>& subjects) const {
    double once = costs.seconds;
    double measured = 0;
    for (const Subject& subject : subjects) {
      once +=
          (Subject::steps_of_a_new_program - 1) * subject.mean();  // one comes where another program ran, too
      measured += subject.seconds();
    }
    return all_of(once) <= short_seconds || once <= costs.largest_share * measured;
  }

  const Renewal& renewal_;
  Cluster& cluster_;
  std::vector<Costs> ways_;
  std::size_t way_ = 0;  ///< the one that is taken; behind the last: none
  bool decided_ = false;
  std::int64_t rounds_ = 1;
  std::int64_t instances_ = 1;
};

}  // namespace cnnbench
