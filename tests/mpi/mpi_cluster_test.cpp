#include <gmock/gmock.h>

#include <limits>
#include <memory>
#include <stdexcept>

#include "harness/cluster/cluster.h"
#include "harness/cluster/placement.h"

namespace cnnbench {
namespace {

/// The cluster of this process, made in main: MPI can be initialised only once. Every test makes the same
/// collective calls on all ranks, also where an expectation fails, so only EXPECT_ is used here.
Cluster* the_cluster = nullptr;

TEST(MpiCluster, KnowsItsPlace) {
  EXPECT_GE(the_cluster->rank(), 0);
  EXPECT_LT(the_cluster->rank(), the_cluster->size());
  EXPECT_EQ(the_cluster->is_root(), the_cluster->rank() == 0);
}

TEST(MpiCluster, PutsAllRanksOfThisMachineOnOneNode) {
  EXPECT_EQ(the_cluster->node_size(), the_cluster->size());
  EXPECT_EQ(the_cluster->node_rank(), the_cluster->rank());
}

TEST(MpiCluster, NamesTheNodeByItsLowestRank) {
  EXPECT_EQ(the_cluster->node(), 0);
}

TEST(MpiCluster, SendsNumbersThereAndBackInOrder) {
  const int rank = the_cluster->rank();
  for (int other = 1; other < the_cluster->size(); ++other) {
    for (const double number : {0.1, -7e300}) {
      if (rank == 0) {
        the_cluster->send(other, number);
        EXPECT_EQ(the_cluster->receive(other), other + number);
      } else if (rank == other) {
        the_cluster->send(0, other + the_cluster->receive(0));
      }
    }
  }
}

TEST(MpiCluster, GathersValuesRankMajorOnRankZeroAlone) {
  const double rank = the_cluster->rank();
  const std::vector<double> all = the_cluster->gather(std::vector<double>{rank, rank + 0.5});
  std::vector<double> expected;
  for (int i = 0; the_cluster->is_root() && i < the_cluster->size(); ++i) {
    expected.push_back(i);
    expected.push_back(i + 0.5);
  }
  EXPECT_EQ(all, expected);
}

TEST(MpiCluster, GathersNoValues) {
  EXPECT_TRUE(the_cluster->gather(std::vector<double>{}).empty());
}

TEST(MpiCluster, GathersTextsOfAnyLength) {
  // Rank 0 has none, rank 1 a text with a zero byte in it, rank 2 a long one.
  const auto text_of = [](int rank) {
    if (rank == 1) return std::string("a\0b", 3);
    return std::string(static_cast<std::size_t>(rank) * 100000, 'x');
  };
  const std::vector<std::string> all = the_cluster->gather(text_of(the_cluster->rank()));
  std::vector<std::string> expected;
  for (int i = 0; the_cluster->is_root() && i < the_cluster->size(); ++i) expected.push_back(text_of(i));
  EXPECT_EQ(all, expected);
}

TEST(MpiCluster, BroadcastsWhatRankZeroHas) {
  const int rank = the_cluster->rank();
  EXPECT_EQ(the_cluster->broadcast(rank + 7), 7);
  EXPECT_EQ(the_cluster->broadcast(rank == 0 ? std::string("from\0root", 9) : "something longer than that"),
            std::string("from\0root", 9));
  EXPECT_EQ(the_cluster->broadcast(std::string(rank == 0 ? "" : "text")), "");
}

TEST(MpiCluster, FindsTheLargestValue) {
  EXPECT_EQ(the_cluster->max(-the_cluster->rank()), 0);
  EXPECT_EQ(the_cluster->max(the_cluster->rank()), the_cluster->size() - 1);
}

TEST(MpiCluster, AgreesOnAFailureOfTheLastRank) {
  const int last = the_cluster->size() - 1;
  std::string message = "no memory";
  EXPECT_FALSE(agree(*the_cluster, the_cluster->rank() != last, message));
  EXPECT_EQ(message, last == 0 ? "no memory" : rank_in_words(last, host_name()) + ": no memory");
  EXPECT_TRUE(agree(*the_cluster, true, message));
}

TEST(MpiCluster, PlansTheSamePlacementOnEveryRank) {
  const Placement placement = place(*the_cluster, 0, 0);
  EXPECT_EQ(placement.threads.size(), static_cast<std::size_t>(the_cluster->size()));
  std::string all;
  for (int threads : placement.threads) all += std::to_string(threads) + " ";
  for (const std::string& warning : placement.warnings) all += warning + "\n";
  EXPECT_EQ(all, the_cluster->broadcast(all));
}

TEST(MpiCluster, NamesItsLibraryInOneLine) {
  EXPECT_FALSE(the_cluster->library().empty());
  EXPECT_EQ(the_cluster->library().find('\n'), std::string::npos);
}

TEST(MpiCluster, IsMadeOnlyOnce) {
  int argc = 0;
  char** argv = nullptr;
  EXPECT_THROW(make_cluster(argc, argv), std::logic_error);
}

}  // namespace
}  // namespace cnnbench

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  const std::unique_ptr<cnnbench::Cluster> cluster = cnnbench::make_cluster(argc, argv);
  cnnbench::the_cluster = cluster.get();
  if (!cluster->is_root()) {  // rank 0 speaks; the others only where something fails
    delete testing::UnitTest::GetInstance()->listeners().Release(
        testing::UnitTest::GetInstance()->listeners().default_result_printer());
  }
  const int status = RUN_ALL_TESTS();
  if (status != 0) std::fprintf(stderr, "rank %d: a test failed\n", cluster->rank());
  return cluster->max(status);
}
