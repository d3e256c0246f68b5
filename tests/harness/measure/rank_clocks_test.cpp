#include "harness/measure/rank_clocks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <mutex>
#include <random>
#include <stdexcept>

#include "tests/harness/cluster/thread_cluster.h"
#include "tests/harness/measure/fakes.h"

namespace cnnbench {
namespace {

TEST(ClockOffset, IsThatOfTheShortestRoundTrip) {
  const std::array trips{RoundTrip{0, 105, 4}, RoundTrip{10, 112, 11}, RoundTrip{20, 129, 23}};
  const ClockOffset offset = clock_offset(trips);
  EXPECT_EQ(offset.seconds, 10.5 - 112);
  EXPECT_EQ(offset.error, 0.5);
  EXPECT_EQ(offset.at, 10.5);
  EXPECT_THROW(clock_offset({}), std::invalid_argument);
}

/// True time, which goes on a little with every look at a clock, as if messages took it: 1 to 30 µs at least,
/// now and then much more, and never the same there and back.
class World {
 public:
  double look() {
    const std::lock_guard lock(mutex_);
    time_ += 1e-6 + delay_(random_) + (random_() % 8 == 0 ? 1e-3 : 0);
    return time_;
  }
  void wait(double seconds) {
    const std::lock_guard lock(mutex_);
    time_ += seconds;
  }

 private:
  std::mutex mutex_;
  double time_ = 1000;
  std::mt19937_64 random_{7};
  std::exponential_distribution<double> delay_{1 / 20e-6};
};

class ShiftedClock final : public Clock {
 public:
  ShiftedClock(World& world, double shift, double drift, std::int64_t origin = 0)
      : world_(world), shift_(shift), drift_(drift), origin_(origin) {}
  double now() override { return reads(world_.look()); }
  std::int64_t origin() const override { return origin_; }
  /// What it shows at a true time.
  double reads(double time) const { return shift_ + time * (1 + drift_); }

 private:
  World& world_;
  double shift_;
  double drift_;
  std::int64_t origin_;
};

TEST(RankClocks, OfOneNodeDifferByTheirOriginsAlone) {
  World world;
  const auto body = [&](Cluster& cluster) {
    const std::int64_t boot = 90'000'000'000'000'000;  // three years in ns: more than a double holds exactly
    ShiftedClock clock(world, 0, 0, boot + 3 * cluster.rank());
    RankClocks clocks(cluster, clock);
    clocks.synchronize();
    EXPECT_DOUBLE_EQ(clock.on_rank_0(0), 3e-9 * cluster.rank());
    std::vector<Samples> all(1);
    all[0].starts = {{1}, {2}, {3}};
    clocks.correct(all);
    EXPECT_EQ(all[0].starts, (std::vector<std::vector<double>>{{1}, {2}, {3}}));
    EXPECT_EQ(all[0].clock_error_seconds, 0);
    ASSERT_EQ(clocks.nodes().size(), 1U);
    EXPECT_EQ(clocks.nodes()[0].error_seconds, 0);
    EXPECT_FALSE(clocks.nodes()[0].drift);
  };
  ThreadCluster::run(3, body);
}

// Clocks that are seconds apart and drift by a hundred times what quartz does: the starts of simultaneous
// steps must come out simultaneous, to within the error that is stated.
TEST(RankClocks, OfSeveralNodesAreCorrectedByOffsetAndDrift) {
  World world;
  const std::array shifts{0.0, 50.0, -7.0};
  const std::array drifts{0.0, 1e-4, -3e-4};
  const auto body = [&](Cluster& cluster) {
    const auto rank = static_cast<std::size_t>(cluster.rank());
    ShiftedClock clock(world, shifts[rank], drifts[rank], 1'000'000'000 * cluster.rank());
    RankClocks clocks(cluster, clock);
    clocks.synchronize();
    const std::array moments{1010.0, 1050.0, 1099.0};  // of the true time, which is rank 0's clock
    std::vector<double> starts;
    for (const double moment : moments) starts.push_back(clock.on_rank_0(clock.reads(moment)));
    std::vector<Samples> all(1);
    const std::vector<double> gathered = cluster.gather(starts);
    if (cluster.is_root()) {
      for (int r = 0; r < cluster.size(); ++r)
        all[0].starts.emplace_back(gathered.begin() + 3 * r, gathered.begin() + 3 * (r + 1));
      world.wait(100);
    }
    cluster.barrier();
    clocks.correct(all);
    if (!cluster.is_root()) return;
    const double error = all[0].clock_error_seconds;
    EXPECT_GT(error, 1e-6);
    EXPECT_LT(error, 40e-6);  // of a round trip of at least 2 µs, the shortest of many of 42 µs
    for (const std::vector<double>& of_rank : all[0].starts)
      for (std::size_t i = 0; i < moments.size(); ++i) EXPECT_NEAR(of_rank[i], moments[i], error);
    ASSERT_EQ(clocks.nodes().size(), 3U);
    for (std::size_t node = 1; node < 3; ++node) {
      const NodeClock& found = clocks.nodes()[node];
      EXPECT_EQ(found.first_rank, static_cast<int>(node));
      // The clocks' own differences, and those of their origins, when they were first compared.
      EXPECT_NEAR(found.offset_seconds, -shifts[node] - 1000 * drifts[node] - static_cast<double>(node),
                  1e-4);
      EXPECT_NEAR(found.drift.value(), -drifts[node], 1e-6);
      EXPECT_LE(found.error_seconds, error);
    }
  };
  ThreadCluster::run(3, body, true);
}

TEST(RankClocks, AreComparedAnewBeforeEachView) {
  World world;
  const auto body = [&](Cluster& cluster) {
    ShiftedClock clock(world, 20.0 * cluster.rank(), 1e-4 * cluster.rank());
    RankClocks clocks(cluster, clock);
    clocks.synchronize();
    cluster.barrier();
    if (cluster.is_root()) world.wait(1000);
    cluster.barrier();
    clocks.synchronize();  // by now a tenth of a second has come on top
    EXPECT_NEAR(clock.on_rank_0(clock.reads(2000)), 2000, 1e-4);
    if (cluster.is_root()) {
      EXPECT_NEAR(clocks.nodes()[1].drift.value(), -1e-4, 1e-6);
    }
  };
  ThreadCluster::run(2, body, true);
}

}  // namespace
}  // namespace cnnbench
