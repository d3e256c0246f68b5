#include "harness/report/backend_comparison.h"

#include <gmock/gmock.h>

#include "tests/harness/report/backend_fixture.h"

namespace cnnbench {
namespace {

using ::testing::AllOf;
using testing::backend_in;
using testing::BackendRecords;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::pass_in;
using ::testing::StartsWith;
using testing::three_backends;

BackendComparison only_comparison(const Report& report) {
  EXPECT_EQ(report.networks.at(0).passes.size(), 1U);
  return compare_backends(report.networks[0].model, report.networks[0].passes.at(0)).value();
}

Record& of_network(Report& report, const std::string& backend) {
  return backend_in(report, backend).views[View::network].records.at(0);
}

std::vector<bool> fastest(const BackendRow& row) {
  std::vector<bool> marks;
  for (const BackendTime& time : row.times) marks.push_back(time.fastest);
  return marks;
}

TEST(BackendComparison, HasARowALayerInTheOrderOfTheNetwork) {
  Report report = three_backends();
  for (BackendReport& backend : pass_in(report).backends) {
    std::vector<Record>& records = backend.views[View::layers].records;
    std::reverse(records.begin(), records.end());
  }
  const BackendComparison comparison = only_comparison(report);
  EXPECT_THAT(comparison.backends, ElementsAre("gemm:openblas", "onednn", "xnnpack"));
  ASSERT_EQ(comparison.layers.size(), 3U);
  EXPECT_EQ(comparison.layers[0].layer, "conv1");
  EXPECT_EQ(comparison.layers[1].layer, "fc");
  EXPECT_EQ(comparison.layers[2].layer, "softmax");
  EXPECT_THAT(comparison.directions, IsEmpty());
}

TEST(BackendComparison, AddsUpAllOperationsOfALayerStepByStep) {
  Report report = three_backends();
  const std::vector<double> forward{5, 1, 3, 2, 4, 6, 7}, reorder{1, 5, 3, 5, 1, 1, 1};
  std::vector<Record>& records = testing::layers_in(report);
  ASSERT_EQ(records[1].layer, "fc");
  ASSERT_EQ(records[1].direction, Direction::forward);
  testing::give_samples(records[1], forward);
  testing::give_samples(records[2], reorder);
  const BackendTime time = only_comparison(report).layers[1].times[1];
  // Sums 6, 6, 6, 7, 5, 7, 8: median 6; the sum of the medians would be 5.
  EXPECT_DOUBLE_EQ(time.median.value(), 6);
  EXPECT_THAT(time.samples, ElementsAre(6, 6, 6, 7, 5, 7, 8));
  EXPECT_EQ(time.implementation, "onednn's");
}

TEST(BackendComparison, RatiosAreToTheFirstBackend) {
  const BackendComparison comparison = only_comparison(three_backends());
  const BackendRow& conv1 = comparison.layers[0];
  EXPECT_DOUBLE_EQ(conv1.times[0].ratio.value(), 1);
  // Four bursts of both; numpy and scipy.stats.t.
  EXPECT_NEAR(conv1.times[1].ratio.value(), 0.4998811363282241, 1e-12);
  EXPECT_NEAR(conv1.times[1].ratio_interval.value().low, 0.49010279477399943, 1e-9);
  EXPECT_NEAR(conv1.times[1].ratio_interval.value().high, 0.5098545715741614, 1e-9);
  EXPECT_NEAR(conv1.times[1].gflops_per_second.value(), 100, 1e-9);
}

TEST(BackendComparison, AWinnerIsFasterThanEveryOtherBeyondItsInterval) {
  const BackendComparison comparison = only_comparison(three_backends());
  EXPECT_EQ(comparison.layers[0].winner(), 1U);
  EXPECT_EQ(comparison.layers[1].winner(), 2U);
  EXPECT_THAT(fastest(comparison.layers[2]), ElementsAre(true, true, true));
  EXPECT_FALSE(comparison.layers[2].winner());
  EXPECT_EQ(comparison.whole()->winner(), 1U);
}

/// Two backends with `rows` layers, of which the first is slower in b, a little, and the others are alike.
Report slightly_slower_in_one_of(int rows) {
  Report report;
  for (const std::string backend : {"a", "b"}) {
    BackendRecords records(report, backend);
    for (int row = 0; row < rows; ++row) records.layer("layer" + std::to_string(row), 0.01);
  }
  for (double& step : backend_in(report, "b").views[View::layers].records[0].samples) step *= 1.025;
  return report;
}

TEST(BackendComparison, RowsAreCorrectedForTheirNumber) {
  const BackendComparison few = only_comparison(slightly_slower_in_one_of(1));
  EXPECT_EQ(few.layers[0].winner(), 0U);
  const BackendComparison many = only_comparison(slightly_slower_in_one_of(20));
  EXPECT_GT(many.layers[0].times[1].ratio_interval.value().low, 1);  // alone in its table it would be told
  EXPECT_EQ(many.layers[0].times[1].ratio_interval->low, few.layers[0].times[1].ratio_interval->low);
  EXPECT_FALSE(many.layers[0].winner());
  EXPECT_THAT(fastest(many.layers[0]), ElementsAre(true, true));
}

TEST(BackendComparison, SumsAndNetworkAreRowsOfTheirOwn) {
  const BackendComparison comparison = only_comparison(three_backends());
  ASSERT_EQ(comparison.sums.size(), 1U);
  EXPECT_NEAR(comparison.sums[0].times[1].median.value(), 0.017, 1e-12);
  EXPECT_NEAR(comparison.network->times[1].median.value(), 0.016, 1e-12);
}

TEST(BackendComparison, TheFastestPerLayerIsASumOfMedians) {
  const FastestPerLayer mixed = only_comparison(three_backends()).fastest_per_layer.value();
  EXPECT_NEAR(mixed.seconds, 0.010 + 0.003 + 0.001, 1e-12);
  EXPECT_THAT(mixed.choice, ElementsAre(1U, 2U, 0U));
  EXPECT_EQ(mixed.best_alone, 1U);
  EXPECT_NEAR(mixed.alone[1].value(), 0.017, 1e-12);
}

TEST(BackendComparison, ALayerThatIsFusedElsewhereStaysWithTheOneBefore) {
  Report report;
  // a runs the activation inside conv1; b runs it apart. conv1 of b alone would be the smallest median.
  BackendRecords(report, "a").layer("conv1", 0.010).layer("fc", 0.009);
  BackendRecords(report, "b").layer("conv1", 0.009).layer("act", 0.002).layer("fc", 0.003);
  const BackendComparison comparison = only_comparison(report);
  ASSERT_EQ(comparison.layers.size(), 3U);
  EXPECT_EQ(comparison.layers[2].layer, "act");  // not one of a known model: in the order of appearance
  report.networks[0].model = build_model(
      "net", "", {1, 8, 8},
      {{"conv1", testing::conv(4)}, {"act", ActivationLayer{}}, {"fc", Dense{.units = 2}}}, Loss::l2);
  const BackendComparison known = only_comparison(report);
  EXPECT_FALSE(known.layers[1].compared);
  EXPECT_THAT(known.layers[1].times[0].reason, HasSubstr("nothing of its own ran"));
  EXPECT_THAT(known.fastest_per_layer->choice, ElementsAre(0U, 0U, 1U));
  EXPECT_NEAR(known.fastest_per_layer->seconds, 0.010 + 0.003, 1e-12);
}

TEST(BackendComparison, TrainingHasEachDirectionApart) {
  Report report;
  for (const char* backend : {"a", "b"})
    BackendRecords(report, backend, Pass::forward_backward)
        .layer("conv1", 0.01)
        .layer("conv1", 0.02, Direction::backward_weights)
        .layer("fc", 0.03)
        .layer("fc", 0.04, Direction::backward_data)
        .layer("fc", 0.05, Direction::reorder);
  std::vector<Record>& records =
      backend_in(pass_in(report, Pass::forward_backward), "a").views[View::layers].records;
  records.erase(records.begin() + 1);  // a has no backward weights
  const BackendComparison comparison = only_comparison(report);
  std::vector<std::string> rows;
  for (const BackendRow& row : comparison.directions)
    rows.push_back(row.layer + " " + std::string(to_string(row.direction.value())));
  EXPECT_THAT(rows, ElementsAre("conv1 forward", "fc forward", "fc backward_data", "conv1 backward_weights"));
  EXPECT_FALSE(comparison.directions[3].compared);
  EXPECT_FALSE(comparison.directions[3].times[0].median);
  EXPECT_FALSE(comparison.directions[3].times[1].fastest);
  ASSERT_EQ(comparison.sums.size(), 4U);
  EXPECT_NEAR(comparison.sums[0].times[0].median.value(), 0.04, 1e-12);
  EXPECT_EQ(comparison.sums[3].direction, std::nullopt);
  EXPECT_NEAR(comparison.sums[3].times[1].median.value(), 0.15, 1e-12);
}

TEST(BackendComparison, ABackendThatFailedIsAColumnWithItsReasons) {
  Report report = three_backends();
  BackendReport& failed = backend_in(report, "gemm:openblas");
  failed.views.clear();
  failed.failures = {{"fc", Failure::Reason::unsupported, "no dense layers"}};
  const BackendComparison comparison = only_comparison(report);
  EXPECT_EQ(comparison.backends.front(), "gemm:openblas");
  EXPECT_EQ(comparison.reference, 1U);  // the first that was measured
  EXPECT_EQ(comparison.layers[1].times[0].reason, "unsupported: no dense layers");
  EXPECT_EQ(comparison.layers[0].times[0].reason, "unsupported: fc: no dense layers");
  EXPECT_EQ(comparison.network->times[0].reason, "unsupported: fc: no dense layers");
  EXPECT_EQ(comparison.layers[0].winner(), 1U);
}

TEST(BackendComparison, OneBackendLeftIsNotCalledTheFastest) {
  Report report;
  BackendRecords(report, "a").network(0.02).layer("conv1", 0.01);
  backend_in(report, "b").failures = {{"", Failure::Reason::error, "out of memory"}};
  const BackendComparison comparison = only_comparison(report);
  EXPECT_FALSE(comparison.layers[0].winner());
  EXPECT_EQ(comparison.network->times[1].reason, "error: out of memory");
  EXPECT_FALSE(comparison.fastest_per_layer);
  EXPECT_THAT(comparison_in_words(comparison),
              ElementsAre("Only a was measured on the whole network: there is nothing to compare it with."));
}

TEST(BackendComparison, ANetworkOfOneLayerIsCompared) {
  Report report;
  BackendRecords(report, "a").layer("conv1", 0.01);
  BackendRecords(report, "b").layer("conv1", 0.02);
  EXPECT_THAT(
      comparison_in_words(only_comparison(report)),
      ElementsAre(HasSubstr("a is fastest in the sum of its layers: 2.00 [1.96, 2.04] times as fast as b."),
                  "By layer: a wins 1 of 1 layer (conv1).",
                  "No mixture of backends by layer would be faster than a alone (10.000 ms, the sum of "
                  "its layers' medians)."));
}

TEST(BackendComparison, NothingIsCalledWithoutAnInterval) {
  Report report;
  BackendRecords(report, "a").network(0.01);
  BackendRecords(report, "b").network(0.05);
  for (const char* name : {"a", "b"}) of_network(report, name).samples.resize(5);
  const BackendComparison comparison = only_comparison(report);
  EXPECT_FALSE(comparison.has_intervals());
  for (const BackendTime& time : comparison.network->times) EXPECT_FALSE(time.fastest);
  EXPECT_THAT(comparison_in_words(comparison),
              ElementsAre(AllOf(
                  StartsWith("No backend is called the fastest on the whole network: there are no intervals"),
                  HasSubstr("a has the smallest median; b takes 5.0"), EndsWith(" times as long."))));
}

TEST(BackendComparison, BackendsThatTookNoTurnsGetNoIntervalAndNoWinner) {
  Report report;
  BackendRecords(report, "a").network(0.01);
  BackendRecords(report, "b").network(0.05);
  pass_in(report).interleaved = false;
  const BackendComparison comparison = only_comparison(report);
  EXPECT_FALSE(comparison.network->winner());
  EXPECT_FALSE(comparison.network->times[1].ratio_interval);
  EXPECT_DOUBLE_EQ(comparison.network->times[1].ratio.value(), 5);
  pass_in(report).interleaved = true;
  EXPECT_TRUE(only_comparison(report).network->winner());
}

TEST(BackendComparison, TheRatioIsOfTheStepsThatBothTook) {
  Report report;
  BackendRecords(report, "a").network(0.01);
  BackendRecords(report, "b").network(0.02);
  const double ratio = only_comparison(report).network->times[1].ratio.value();
  std::vector<double> longer = of_network(report, "b").samples;
  longer.insert(longer.end(), 30, 1.0);  // after the other was through
  testing::give_samples(of_network(report, "b"), longer);
  EXPECT_NEAR(ratio, 2, 0.001);
  EXPECT_DOUBLE_EQ(only_comparison(report).network->times[1].ratio.value(), ratio);
}

TEST(BackendComparison, TheRatioLiesInItsInterval) {
  Report report;
  BackendRecords(report, "a").network(0.01);
  BackendRecords(report, "b").network(0.01);
  std::vector<double> slow_at_the_end(12, 0.01);
  slow_at_the_end.resize(23, 0.1);
  std::vector<double> faster = slow_at_the_end;
  constexpr double factors[] = {0.90, 0.88, 0.91, 0.92, 0.89};
  for (std::size_t i = 0; i < faster.size(); ++i) faster[i] *= factors[i * i % 5];
  faster[11] = 0.09;  // from here on slow: the medians are 0.01 and 0.09
  testing::give_samples(of_network(report, "a"), slow_at_the_end);
  testing::give_samples(of_network(report, "b"), faster);
  const BackendTime time = only_comparison(report).network->times[1];
  EXPECT_NEAR(time.median.value(), 0.09, 0.003);
  EXPECT_NEAR(time.ratio.value(), 0.9, 0.03);
  EXPECT_LE(time.ratio_interval.value().low, time.ratio.value());
  EXPECT_GE(time.ratio_interval.value().high, time.ratio.value());
}

TEST(BackendComparison, ASingleBackendIsNotCompared) {
  Report report;
  BackendRecords(report, "a").network(0.01).layer("conv1", 0.01);
  EXPECT_FALSE(compare_backends(report.networks[0].model, pass_in(report)));
}

TEST(BackendComparison, WordsSayWhichWinsWhereAndByHowMuch) {
  EXPECT_THAT(
      comparison_in_words(only_comparison(three_backends())),
      ElementsAre(
          "onednn is fastest on the whole network: 1.25 [1.22, 1.27] times as fast as xnnpack, the "
          "next, and 1.88 [1.84, 1.91] times as fast as gemm:openblas.",
          "By layer: onednn wins 1 of 3 layers (conv1), xnnpack wins 1 (fc); 1 is too close to call "
          "(softmax).",
          "Each layer by its fastest backend would take 14.000 ms, 1.214 times as fast as onednn alone "
          "(17.000 ms; both are sums of the layers' medians): a bound, since reorders between backends "
          "are not counted and some of the smallest medians are small by chance."));
}

}  // namespace
}  // namespace cnnbench
