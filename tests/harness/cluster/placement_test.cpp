#include "harness/cluster/placement.h"

#include <gmock/gmock.h>

#include "tests/harness/cluster/places.h"
#include "tests/harness/cluster/thread_cluster.h"

namespace cnnbench {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Placement, GivesARankThatOwnsTheNodeAllItsCoresWithoutAWarning) {
  const Placement placement = plan_placement({rank_on(0, range(0, 7), 8)});
  EXPECT_THAT(placement.threads, ElementsAre(8));
  EXPECT_THAT(placement.warnings, IsEmpty());
}

TEST(Placement, GivesPinnedRanksTheirOwnCoresWithoutAWarning) {
  const Placement placement = plan_placement({rank_on(0, range(0, 3), 8), rank_on(1, range(4, 7), 8)});
  EXPECT_THAT(placement.threads, ElementsAre(4, 4));
  EXPECT_THAT(placement.warnings, IsEmpty());
}

TEST(Placement, SharesTheCoresAmongRanksThatAreNotPinned) {
  const std::vector<int> all = range(0, 7);
  EXPECT_THAT(plan_placement({rank_on(0, all, 8), rank_on(1, all, 8)}).threads, ElementsAre(4, 4));
  EXPECT_THAT(plan_placement({rank_on(0, all, 8), rank_on(1, all, 8), rank_on(2, all, 8)}).threads,
              ElementsAre(2, 2, 2));
}

TEST(Placement, LosesNoThreadToRounding) {
  const std::vector<int> all = range(0, 5);  // six thirds, summed in double, are 1.9999999999999998
  EXPECT_THAT(plan_placement({rank_on(0, all, 6), rank_on(1, all, 6), rank_on(2, all, 6)}).threads,
              ElementsAre(2, 2, 2));
}

TEST(Placement, NeverGivesLessThanOneThread) {
  EXPECT_THAT(plan_placement({rank_on(0, {0}, 1), rank_on(1, {0}, 1)}).threads, ElementsAre(1, 1));
  EXPECT_THAT(plan_placement(with_limit({rank_on(0, range(0, 3), 4)}, 0.5)).threads, ElementsAre(1));
}

TEST(Placement, NeverGivesMoreThanTheCgroupGrantsTheRanksOfANodeTogether) {
  const std::vector<RankPlace> pinned = {rank_on(0, range(0, 3), 8), rank_on(1, range(4, 7), 8)};
  EXPECT_THAT(plan_placement(with_limit(pinned, 4)).threads, ElementsAre(2, 2));
  EXPECT_THAT(plan_placement(with_limit({rank_on(0, range(0, 7), 8)}, 2.5)).threads, ElementsAre(2));
}

TEST(Placement, TakesRanksOfDifferentNodesApart) {
  const Placement placement =
      plan_placement({rank_on(0, range(0, 7), 8, "a"), rank_on(1, range(0, 7), 8, "b")});
  EXPECT_THAT(placement.threads, ElementsAre(8, 8));
  EXPECT_THAT(placement.warnings, IsEmpty());
}

TEST(Placement, OrdersThreadsByRankWhateverTheNode) {
  const Placement placement = plan_placement(
      {rank_on(2, range(0, 1), 4, "a"), rank_on(1, range(0, 2), 4, "b"), rank_on(0, range(2, 3), 4, "a")});
  EXPECT_THAT(placement.threads, ElementsAre(2, 3, 2));
}

TEST(Placement, RunsAsManyThreadsAsAreAskedFor) {
  EXPECT_THAT(plan_placement(with_threads({rank_on(0, range(0, 7), 8)}, 3)).threads, ElementsAre(3));
  EXPECT_THAT(plan_placement(with_threads({rank_on(0, {0}, 8)}, 3)).threads, ElementsAre(3));
}

TEST(Placement, SharesTheNodeWhereTheMaskIsNotKnown) {
  EXPECT_THAT(plan_placement({rank_on(0, {}, 8), rank_on(1, {}, 8)}).threads, ElementsAre(4, 4));
}

TEST(Placement, OfNoRanksIsEmpty) {
  EXPECT_THAT(plan_placement({}).threads, IsEmpty());
  EXPECT_THAT(plan_placement({}).warnings, IsEmpty());
}

TEST(FindPlace, FindsTheCoresOfThisProcess) {
  SingleRank cluster;
  const RankPlace place = find_place(cluster, 3, 1.5);
  EXPECT_FALSE(place.host.empty());
  EXPECT_FALSE(place.cores.empty());
  EXPECT_GE(place.cores_on_node, 1);
  EXPECT_GE(place.packages_on_node, 1);
  EXPECT_EQ(place.requested_threads, 3);
  EXPECT_EQ(place.cpu_limit, 1.5);
}

TEST(Place, TellsEveryRankTheSame) {
  std::vector<Placement> placements(3);
  ThreadCluster::run(3, [&](Cluster& cluster) { placements[cluster.rank()] = place(cluster, 1, 0); });
  EXPECT_THAT(placements[0].threads, ElementsAre(1, 1, 1));
  EXPECT_FALSE(placements[0].warnings.empty());  // three threads of one process have the same mask
  for (const Placement& placement : placements) {
    EXPECT_EQ(placement.threads, placements[0].threads);
    EXPECT_EQ(placement.warnings, placements[0].warnings);
  }
}

}  // namespace
}  // namespace cnnbench
