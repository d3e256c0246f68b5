#include <gmock/gmock.h>

#include "tests/harness/cluster/places.h"

namespace cnnbench {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<std::string> warnings(const std::vector<RankPlace>& places) {
  return plan_placement(places).warnings;
}

TEST(PlacementWarnings, SayHowToUseTheWholeNodeWhereMpirunBoundTheOnlyRankToOneCore) {
  EXPECT_THAT(
      warnings({rank_on(0, {0}, 8)}),
      ElementsAre("7 of 8 cores of node01 stay idle, because rank 0 is bound to core 0: times are those of "
                  "1 core, not of the node; start with `mpirun -n 1 --bind-to none`"));
}

TEST(PlacementWarnings, SayHowToUseTheWholeNodeWithSeveralRanks) {
  EXPECT_THAT(
      warnings({rank_on(0, {0}, 8), rank_on(1, {1}, 8)}),
      ElementsAre(AllOf(StartsWith("6 of 8 cores of node01 stay idle, because ranks 0 and 1 are bound"),
                        HasSubstr("`mpirun -n 2 --map-by ppr:2:node:pe=4`"))));
}

TEST(PlacementWarnings, DoNotRepeatACommandThatIsInForce) {
  const std::vector<RankPlace> places = {rank_on(0, range(0, 1), 8), rank_on(1, range(2, 3), 8),
                                         rank_on(2, range(4, 5), 8)};
  EXPECT_THAT(warnings(places), ElementsAre(AllOf(HasSubstr("2 of 8 cores"), HasSubstr("one that divides 8"),
                                                  Not(HasSubstr("mpirun")))));
}

TEST(PlacementWarnings, LeaveOutCoresThatAreIdleBecauseFewerThreadsWereAskedFor) {
  EXPECT_THAT(warnings(with_threads({rank_on(0, range(0, 7), 8)}, 2)), IsEmpty());
  EXPECT_THAT(warnings(with_threads({rank_on(0, {0}, 8)}, 1)), IsEmpty());
}

TEST(PlacementWarnings, NameTheCoreThatRanksShare) {
  EXPECT_THAT(
      warnings({rank_on(0, range(0, 3), 8), rank_on(1, range(3, 7), 8)}),
      ElementsAre("ranks 0 and 1 on node01 share core 3: their times disturb each other; start with `mpirun "
                  "-n 2 --map-by ppr:2:node:pe=4`"));
}

TEST(PlacementWarnings, SayThatRanksWithTheSameMaskAreNotPinnedApart) {
  EXPECT_THAT(
      warnings({rank_on(0, range(0, 7), 8), rank_on(1, range(0, 7), 8)}),
      ElementsAre("ranks 0 and 1 on node01 are not pinned apart: each may run on cores 0-7, and they disturb "
                  "each other's times; start with `mpirun -n 2 --map-by ppr:2:node:pe=4`"));
}

TEST(PlacementWarnings, PinAsManyCoresAsThreadsWereAskedFor) {
  const std::vector<RankPlace> places = {rank_on(0, range(0, 7), 8), rank_on(1, range(0, 7), 8)};
  EXPECT_THAT(warnings(with_threads(places, 3)),
              ElementsAre(HasSubstr("`mpirun -n 2 --map-by ppr:2:node:pe=3`")));
}

std::vector<RankPlace> bound(std::vector<RankPlace> places, Binder binder, const std::string& openmp = "") {
  for (RankPlace& place : places) {
    place.binder = binder;
    place.openmp_binding = openmp;
  }
  return places;
}

TEST(PlacementWarnings, SayWhoTookTheCoresAndWhatGivesThemBack) {
  EXPECT_THAT(warnings(bound({rank_on(0, {0}, 2)}, Binder::openmp, "OMP_PLACES={0}, OMP_PROC_BIND=true")),
              ElementsAre(AllOf(HasSubstr("bound to core 0 by the OpenMP runtime (OMP_PLACES={0}, "),
                                ::testing::EndsWith("; unset OMP_PLACES and OMP_PROC_BIND"))));
  EXPECT_THAT(warnings(bound({rank_on(0, {0}, 2)}, Binder::outside)),
              ElementsAre(AllOf(HasSubstr(" from outside of this program"),
                                HasSubstr("start without the binding from outside"),
                                ::testing::Not(HasSubstr("mpirun")))));
  EXPECT_THAT(warnings(bound({rank_on(0, {0}, 2)}, Binder::mpirun)),
              ElementsAre(AllOf(HasSubstr(" by mpirun"), HasSubstr("`mpirun -n 1 --bind-to none`"))));
}

TEST(PlacementWarnings, SeeRanksThatTheRuntimeBindsToTheSameCores) {
  const std::vector<RankPlace> both = {rank_on(0, range(0, 1), 2), rank_on(1, range(0, 1), 2)};
  EXPECT_THAT(warnings(bound(both, Binder::nobody, "OMP_PROC_BIND=close")),
              ElementsAre(AllOf(HasSubstr("OMP_PROC_BIND=close"), HasSubstr("one after the other"),
                                HasSubstr("`mpirun -n 2 --map-by ppr:2:node:pe=1`"))));
}

TEST(PlacementWarnings, AskForFewerRanksWhereThereAreMoreThanCores) {
  EXPECT_THAT(warnings({rank_on(0, range(0, 1), 2), rank_on(1, range(0, 1), 2), rank_on(2, range(0, 1), 2)}),
              ElementsAre(AllOf(StartsWith("ranks 0-2 on node01 run 3 threads on 2 cores: "),
                                HasSubstr("; start at most 2 ranks on a node"))));
}

TEST(PlacementWarnings, AskForMoreCoresWhereThreadsDoNotFitTheMask) {
  EXPECT_THAT(
      warnings(with_threads({rank_on(0, {0}, 8), rank_on(1, {1}, 8)}, 4)),
      ElementsAre(AllOf(StartsWith("rank 0 on node01 runs 4 threads on 1 core: "),
                        HasSubstr(" (likewise rank 1); start with `mpirun -n 2 --map-by ppr:2:node:pe=4`"))));
}

TEST(PlacementWarnings, AskForFewerThreadsWhereTheNodeHasNoMoreCores) {
  EXPECT_THAT(warnings(with_threads({rank_on(0, range(0, 7), 8)}, 16)),
              ElementsAre(AllOf(HasSubstr("16 threads on 8 cores"), HasSubstr("; give --threads 8"))));
  EXPECT_THAT(warnings(with_threads({rank_on(0, {0}, 8)}, 16)),
              ElementsAre(HasSubstr("; give --threads 8 and start with `mpirun -n 1 --bind-to none`")));
}

TEST(PlacementWarnings, SayThatTheCgroupGrantsLessThanTheNodeHas) {
  EXPECT_THAT(
      warnings(with_limit({rank_on(0, range(0, 7), 8)}, 2.5)),
      ElementsAre(AllOf(StartsWith("the cgroup grants 2.5 CPUs for the 8 cores of node01: 2 threads in all"),
                        HasSubstr("raise the limit (cpu.max; docker run --cpus)"))));
}

TEST(PlacementWarnings, SayThatTheCgroupStopsThreadsThatWereAskedFor) {
  EXPECT_THAT(warnings(with_threads(with_limit({rank_on(0, range(0, 7), 8)}, 4), 8)),
              ElementsAre(AllOf(StartsWith("node01 runs 8 threads, but its cgroup grants 4 CPUs"),
                                HasSubstr("give --threads 4 or raise the limit"))));
  EXPECT_THAT(warnings(with_threads(with_limit({rank_on(0, range(0, 7), 8)}, 4), 4)), IsEmpty());
}

TEST(PlacementWarnings, AskForNoMoreThanTheCgroupGrants) {
  EXPECT_THAT(
      warnings(with_limit({rank_on(0, {0}, 8), rank_on(1, {1}, 8)}, 4)),
      ElementsAre(AllOf(HasSubstr("2 of 4 cores"), HasSubstr("ppr:2:node:pe=2")), HasSubstr("cgroup")));
}

TEST(PlacementWarnings, SayTheSameOfManyNodesOnce) {
  std::vector<RankPlace> places;
  for (int rank = 0; rank < 4; ++rank)
    places.push_back(rank_on(rank, {0}, 8, "node0" + std::to_string(rank)));
  EXPECT_THAT(warnings(places),
              ElementsAre(AllOf(HasSubstr("node00"), HasSubstr("(likewise ranks 1-3)"),
                                HasSubstr("`mpirun -n 4 --map-by ppr:1:node --bind-to none`"))));
}

// Open MPI 4.1 binds more than two ranks to sockets: two pairs, each with the cores of its socket.
TEST(PlacementWarnings, SeePairsThatShareASocket) {
  const std::vector<RankPlace> places = {rank_on(0, range(0, 7), 16), rank_on(1, range(8, 15), 16),
                                         rank_on(2, range(0, 7), 16), rank_on(3, range(8, 15), 16)};
  const Placement placement = plan_placement(with_packages(places, 2));
  EXPECT_THAT(placement.threads, ElementsAre(4, 4, 4, 4));
  EXPECT_THAT(placement.warnings,
              ElementsAre(AllOf(
                  StartsWith("ranks 0 and 2 on node01 are not pinned apart: each may run on cores 0-7"),
                  HasSubstr("(likewise ranks 1 and 3); start with `mpirun -n 4 --map-by ppr:4:node:pe=4`"))));
}

}  // namespace
}  // namespace cnnbench
