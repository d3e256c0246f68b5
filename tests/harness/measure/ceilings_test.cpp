#include "harness/measure/ceilings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/harness/measure/fake_probe.h"

namespace cnnbench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Peaks that a rank measures, one after the other.
std::function<FmaPeak()> peaks(std::vector<double> gflops) {
  return [gflops = std::move(gflops), call = std::size_t{0}]() mutable {
    return FmaPeak{1e9 * gflops.at(call++), "AVX2+FMA"};
  };
}

TEST(CeilingWatch, KeepsTheBestPeakAndSaysThatTheStartWasDisturbed) {
  FakeCluster cluster(0, 1);
  FakeProbe probe(cluster.journal);
  CeilingWatch watch(cluster, 2, peaks({26.6, 466, 460}), probe);
  EXPECT_EQ(watch.ceilings()->fma_flops_per_second, 26.6e9);
  EXPECT_THAT(watch.warnings(), IsEmpty());

  watch.measure();
  watch.measure();

  EXPECT_EQ(watch.ceilings()->fma_flops_per_second, 466e9);
  EXPECT_EQ(watch.ceilings()->threads, 2);
  EXPECT_THAT(watch.ceilings()->measured, ElementsAre(26.6e9, 466e9, 460e9));
  EXPECT_THAT(watch.warnings(),
              ElementsAre(HasSubstr("the FMA peak at start-up was 26.6 GFLOP/s, later 466 GFLOP/s: something "
                                    "disturbed the start-up")));
}

TEST(CeilingWatch, SaysThatTheEndWasDisturbed) {
  FakeCluster cluster(0, 1);
  FakeProbe probe(cluster.journal);
  CeilingWatch watch(cluster, 2, peaks({466, 400}), probe);
  watch.measure();
  EXPECT_EQ(watch.ceilings()->fma_flops_per_second, 466e9);
  EXPECT_THAT(watch.warnings(), ElementsAre(HasSubstr("at the end was 400 GFLOP/s, before 466 GFLOP/s")));
}

TEST(CeilingWatch, SaysNothingOfASmallDifference) {
  FakeCluster cluster(0, 1);
  FakeProbe probe(cluster.journal);
  CeilingWatch watch(cluster, 2, peaks({450, 466, 440}), probe);
  watch.measure();
  watch.measure();
  EXPECT_THAT(watch.warnings(), IsEmpty());
}

TEST(CeilingWatch, ComparesTheReferencesOfTheCanaries) {
  class Disturbed final : public FakeProbe {
   public:
    using FakeProbe::FakeProbe;
    void refer_again() override { best[Part::cores] = best[Part::memory] = 0.5; }
  };
  FakeCluster cluster(0, 2);
  Disturbed probe(cluster.journal);
  CeilingWatch watch(cluster, 2, {}, probe);
  watch.measure();
  EXPECT_THAT(watch.warnings(),
              ElementsAre(HasSubstr("the canary for cores took 2.00 times as long at start"),
                          HasSubstr("the canary for memory took 2.00 times")));
  ASSERT_EQ(watch.references().size(), 2U);
  EXPECT_EQ(watch.references()[1][Part::memory], 0.5);
}

TEST(CeilingWatch, MeasuresWhenAllThreadsOfAllRanksSleep) {
  FakeCluster cluster(0, 2);
  FakeProbe probe(cluster.journal);
  CeilingWatch watch(cluster, 2, peaks({1, 1}), probe);
  cluster.journal.clear();
  watch.measure();
  EXPECT_THAT(cluster.journal, ElementsAre("settle all", "barrier", "refer", "gather", "barrier"));
}

TEST(CeilingWatch, HasNoCeilingsWithoutAPeak) {
  FakeCluster cluster(0, 1);
  FakeProbe probe(cluster.journal);
  CeilingWatch watch(cluster, 2, {}, probe);
  watch.measure();
  EXPECT_EQ(watch.ceilings(), std::nullopt);
}

TEST(CeilingWatch, IsThatOfTheRankWithTheLowest) {
  class Second final : public FakeCluster {
   public:
    Second() : FakeCluster(0, 2) {}
    std::vector<std::string> gather(const std::string& text) override {
      return {text, R"([3e9, "SSE2", 1, [3e9]])"};
    }
  } cluster;
  FakeProbe probe(cluster.journal);
  const CeilingWatch watch(cluster, 2, peaks({5}), probe);
  EXPECT_EQ(watch.ceilings()->fma_flops_per_second, 3e9);
  EXPECT_EQ(watch.ceilings()->instruction_set, "SSE2");
}

}  // namespace
}  // namespace cnnbench
