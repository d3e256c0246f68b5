// What each view of an experiment measures.
#include <stdexcept>

#include "tests/harness/measure/runner_fixture.h"

namespace cnnbench {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using RunViews = RunExperiment;

TEST_F(RunViews, TimesTheWholeNetworkOnceForEveryStep) {
  const FakeBackend backend("fake", plain());

  const Findings findings = run({&backend}, {View::network});

  ASSERT_EQ(findings.records.size(), 1U);
  const Record& record = findings.records[0];
  // 4 forward, the loss, weights and data of dense, data of relu, weights of conv: nothing before it.
  EXPECT_THAT(record.samples, ElementsAre(10, 10, 10));
  EXPECT_EQ(record.direction, "step");
  EXPECT_EQ(record.view, "network");
  EXPECT_EQ(trace->runs, 4 * 9);  // one step of burn-in
}

TEST_F(RunViews, TimesEveryLayerInEveryDirectionThatRuns) {
  const FakeBackend backend("fake", plain());

  const Findings findings = run({&backend}, {View::layers});

  EXPECT_THAT(names(findings, "layers"),
              ElementsAre("pool forward", "conv forward", "relu forward", "dense forward", "loss forward",
                          "dense backward_weights", "dense backward_data", "relu backward_data",
                          "conv backward_weights"));
  for (const Record& record : findings.records) {
    EXPECT_EQ(record.samples.size(), 3U);
    EXPECT_EQ(record.summary.median, record.layer == "loss" ? 2 : 1);
    const bool conv = record.layer == "conv";
    const bool dense = record.layer == "dense";
    EXPECT_EQ(record.flops, conv ? 4 * 2 * 54 * 4 : dense ? 4 * 2 * 24 : 0) << record.layer;
    EXPECT_GT(record.bytes, 0) << record.layer;
  }
}

TEST_F(RunViews, ReportsTheShareThatNoLayerAccountsFor) {
  const FakeBackend backend("fake", plain());
  // From the layers view on, every step takes a second less than the ten of the network view.
  observer.view_done = [&](View, const std::vector<const Backend*>&, const Findings&) {
    trace->overhead = -1;
  };

  const Findings findings = run({&backend}, {View::network, View::layers});

  EXPECT_NEAR(findings.setups.at(0).unattributed_share.value(), 0.1, 1e-12);
  ASSERT_EQ(findings.records[0].flags.size(), 1U);
  EXPECT_EQ(findings.records[0].flags[0].text, "the layers' times add up to 90 % of the network's time");
}

TEST_F(RunViews, DoesNotFlagALayersViewThatAddsUp) {
  const FakeBackend backend("fake", plain());
  observer.view_done = [&](View, const std::vector<const Backend*>&, const Findings&) {
    trace->overhead = -0.25;
  };

  const Findings findings = run({&backend}, {View::network, View::layers});

  EXPECT_NEAR(findings.setups.at(0).unattributed_share.value(), 0.025, 1e-12);
  EXPECT_THAT(findings.records[0].flags, IsEmpty());
}

TEST_F(RunViews, RestrictsAllViewsButTheNetworkToTheChosenLayers) {
  const FakeBackend backend("fake", plain());
  experiment.layers = LayerPattern("conv|de");

  const Findings findings = run({&backend}, {View::network, View::layers, View::isolated, View::prefix});

  EXPECT_THAT(names(findings, "network"), ElementsAre(" step"));
  EXPECT_THAT(names(findings, "layers"),
              ElementsAre("conv forward", "dense forward", "dense backward_weights", "dense backward_data",
                          "conv backward_weights"));
  EXPECT_THAT(names(findings, "isolated"),
              ElementsAre("conv forward", "conv backward_weights", "dense forward", "dense backward_weights",
                          "dense backward_data"));
  EXPECT_THAT(names(findings, "prefix"), ElementsAre("conv step", "dense step"));
  // The share is still taken of all layers.
  EXPECT_DOUBLE_EQ(findings.setups[0].unattributed_share.value(), 0);
}

TEST_F(RunViews, TimesALayerAloneInTheDirectionsThatItHasInTheNetwork) {
  const FakeBackend backend("fake", plain());

  const Findings findings = run({&backend}, {View::isolated});

  EXPECT_THAT(
      names(findings, "isolated"),
      ElementsAre("pool forward", "conv forward", "conv backward_weights", "relu forward",
                  "relu backward_data", "dense forward", "dense backward_weights", "dense backward_data"));
  for (const Record& record : findings.records)
    if (record.layer == "conv") {
      EXPECT_EQ(record.flops, 4 * 2 * 54 * 4);
      EXPECT_EQ(record.samples.size(), 3U);
    }
}

TEST_F(RunViews, AddsUpPrefixes) {
  const FakeBackend backend("fake", plain());
  experiment.pass = Pass::forward;

  const Findings findings = run({&backend}, {View::prefix});

  EXPECT_THAT(names(findings, "prefix"),
              ElementsAre("pool step", "conv step", "relu step", "flat step", "dense step"));
  std::vector<double> medians;
  for (const Record& record : findings.records) medians.push_back(record.summary.median);
  EXPECT_THAT(medians, ElementsAre(1, 2, 3, 3, 4));
  EXPECT_EQ(findings.records[0].flops, 0);
  EXPECT_EQ(findings.records[4].flops, 4 * 2 * (54 * 4 + 24));
  EXPECT_EQ(findings.records[1].kind, "conv");
  EXPECT_EQ(findings.records[1].output, "3x2x2");
}

TEST_F(RunViews, KeepsWhatWasMeasuredWhereALayerAloneCannotBePrepared) {
  const FakeBackend backend("fake", [&](const Model& m, const PrepareOptions& o) {
    if (m.layers.size() == 1 && m.layers[0].name == "relu") throw std::runtime_error("too small");
    return scripted(m, o.pass);
  });

  const Findings findings = run({&backend}, {View::network, View::isolated});

  ASSERT_EQ(findings.failures.size(), 1U);
  EXPECT_EQ(findings.failures[0].layer, "relu");
  EXPECT_EQ(findings.failures[0].reason, "error");
  EXPECT_EQ(names(findings, "isolated").size(), 6U);
}

}  // namespace
}  // namespace cnnbench
