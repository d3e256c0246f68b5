#include "harness/cluster/mpirun_flags.h"

#include <gtest/gtest.h>

#include "tests/harness/cluster/places.h"

namespace cnnbench {
namespace {

/// `ranks` ranks on each of `hosts` nodes.
std::vector<ClusterNode> nodes_of(int hosts, int ranks, int cores, int packages, double limit = 0) {
  std::vector<RankPlace> places;
  for (int rank = 0; rank < hosts * ranks; ++rank) {
    places.push_back(rank_on(rank, {0}, cores, "node" + std::to_string(rank / ranks)));
  }
  return group_by_host(with_limit(with_packages(places, packages), limit));
}

TEST(PinnedStart, GivesEachRankItsEqualShare) {
  EXPECT_EQ(pinned_start(nodes_of(1, 2, 8, 1), 0).command, "mpirun -n 2 --map-by ppr:2:node:pe=4");
  EXPECT_EQ(pinned_start(nodes_of(1, 3, 8, 1), 0).command, "mpirun -n 3 --map-by ppr:3:node:pe=2");
  EXPECT_EQ(pinned_start(nodes_of(3, 2, 8, 1), 0).command, "mpirun -n 6 --map-by ppr:2:node:pe=4");
}

TEST(PinnedStart, GivesAnOnlyRankTheWholeNodeUnbound) {
  EXPECT_EQ(pinned_start(nodes_of(1, 1, 8, 2), 0).command, "mpirun -n 1 --bind-to none");
  EXPECT_EQ(pinned_start(nodes_of(2, 1, 8, 2), 0).command, "mpirun -n 2 --map-by ppr:1:node --bind-to none");
}

TEST(PinnedStart, GivesAnOnlyRankTheCoresForItsThreads) {
  EXPECT_EQ(pinned_start(nodes_of(1, 1, 8, 2), 4).command, "mpirun -n 1 --map-by ppr:1:node:pe=4");
  EXPECT_EQ(pinned_start(nodes_of(1, 1, 8, 2), 6).command, "mpirun -n 1 --bind-to none");
}

// Open MPI 5 refuses 5 cores a rank here: the second rank would have cores of both packages.
TEST(PinnedStart, LetsNoShareSpanTwoPackages) {
  EXPECT_EQ(pinned_start(nodes_of(1, 3, 16, 2), 0).command, "mpirun -n 3 --map-by ppr:3:node:pe=4");
}

TEST(PinnedStart, FitsTheSmallestNode) {
  std::vector<ClusterNode> nodes = nodes_of(2, 2, 8, 1);
  for (RankPlace& place : nodes[1].places) place.cores_on_node = 4;
  EXPECT_EQ(pinned_start(nodes, 0).command, "mpirun -n 4 --map-by ppr:2:node:pe=2");
}

TEST(PinnedStart, FitsTheCgroupsLimit) {
  EXPECT_EQ(pinned_start(nodes_of(1, 2, 8, 1, 4.5), 0).command, "mpirun -n 2 --map-by ppr:2:node:pe=2");
}

TEST(PinnedStart, DoesNotExistWhereThereAreTooFewCores) {
  EXPECT_EQ(pinned_start(nodes_of(1, 3, 2, 1), 0).command, "");
  EXPECT_EQ(pinned_start(nodes_of(1, 2, 8, 1), 5).command, "");
  EXPECT_EQ(pinned_start({}, 0).command, "");
}

}  // namespace
}  // namespace cnnbench
