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

  const BackendReport found = run(backend, {View::network});

  ASSERT_EQ(found.records(View::network).size(), 1U);
  const Record& record = found.records(View::network)[0];
  // 4 forward, the loss, weights and data of dense, data of relu, weights of conv: nothing before it.
  EXPECT_THAT(record.samples, ElementsAre(10, 10, 10));
  EXPECT_EQ(record.direction, std::nullopt);
  EXPECT_EQ(found.views.size(), 1U);
  EXPECT_EQ(trace->runs.size(), 4U * 9);  // one step of burn-in
}

TEST_F(RunViews, TimesEveryLayerInEveryDirectionThatRuns) {
  const FakeBackend backend("fake", plain());

  const BackendReport found = run(backend, {View::layers});

  EXPECT_THAT(names(found, View::layers),
              ElementsAre("pool forward", "conv forward", "relu forward", "dense forward", "loss forward",
                          "dense backward_weights", "dense backward_data", "relu backward_data",
                          "conv backward_weights"));
  for (const Record& record : found.records(View::layers)) {
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
  // One call of the clock is in the network's ten seconds, nine are in the layers'.
  clock.cost_of_a_call = 0.125;

  const BackendReport found = run(backend, {View::network, View::layers});

  EXPECT_NEAR(found.setup.value().unattributed_share.value(), 1 - 11.125 / 10.125, 1e-9);
  ASSERT_EQ(found.records(View::network)[0].flags.size(), 1U);
  EXPECT_EQ(found.records(View::network)[0].flags[0].text,
            "the layers' times add up to 110 % of the network's time");
}

TEST_F(RunViews, DoesNotFlagALayersViewThatAddsUp) {
  const FakeBackend backend("fake", plain());
  clock.cost_of_a_call = 0.0625;

  const BackendReport found = run(backend, {View::network, View::layers});

  EXPECT_NEAR(found.setup.value().unattributed_share.value(), 1 - 10.5625 / 10.0625, 1e-9);
  EXPECT_THAT(found.records(View::network)[0].flags, IsEmpty());
}

TEST_F(RunViews, TakesTurnsSoThatADriftIsNotTakenForUnattributedTime) {
  const FakeBackend backend("fake", [&](const Model& m, const PrepareOptions& o) {
    std::unique_ptr<Program> program = scripted(m, o.pass);
    trace->drift = 1e-4;  // two views of 200 steps of ten seconds: 40 % and more
    return program;
  });
  experiment.timing = {1, 200, 0, 0};

  const BackendReport found = run(backend, {View::network, View::layers});

  const cnnbench::Setup& setup = found.setup.value();
  EXPECT_NEAR(setup.unattributed_share.value(), 0, 0.02);
  ASSERT_TRUE(setup.unattributed_interval);
  EXPECT_NEAR(setup.unattributed_interval->low, 0, 0.02);
  EXPECT_NEAR(setup.unattributed_interval->high, 0, 0.02);
  for (const Flag& flag : found.records(View::network)[0].flags) EXPECT_NE(flag.about, "unattributed");
}

TEST_F(RunViews, ShowsViewsThatTookTurnsOneAfterTheOther) {
  const FakeBackend backend("fake", plain());
  std::vector<std::string> shown;
  observer.view_done = [&](View view, const std::vector<const BackendReport*>&, const Findings& so_far) {
    const std::size_t layers = names(so_far.report.backends[0], View::layers).size();
    shown.push_back(std::string(to_string(view)) + " " + std::to_string(layers));
  };

  run(backend, {View::network, View::layers, View::isolated});

  EXPECT_THAT(shown, ElementsAre("network 9", "layers 9", "isolated 9"));
}

TEST_F(RunViews, RestrictsAllViewsButTheNetworkToTheChosenLayers) {
  const FakeBackend backend("fake", plain());
  experiment.layers = LayerPattern("conv|de");

  const BackendReport found = run(backend, {View::network, View::layers, View::isolated, View::prefix});

  EXPECT_THAT(names(found, View::network), ElementsAre(" step"));
  EXPECT_THAT(names(found, View::layers),
              ElementsAre("conv forward", "dense forward", "dense backward_weights", "dense backward_data",
                          "conv backward_weights"));
  EXPECT_THAT(names(found, View::isolated),
              ElementsAre("conv forward", "conv backward_weights", "dense forward", "dense backward_weights",
                          "dense backward_data"));
  EXPECT_THAT(names(found, View::prefix), ElementsAre("conv step", "dense step"));
  // The share is still taken of all layers.
  EXPECT_DOUBLE_EQ(found.setup.value().unattributed_share.value(), 0);
}

TEST_F(RunViews, TimesALayerAloneInTheDirectionsThatItHasInTheNetwork) {
  const FakeBackend backend("fake", plain());

  const BackendReport found = run(backend, {View::isolated});

  EXPECT_THAT(
      names(found, View::isolated),
      ElementsAre("pool forward", "conv forward", "conv backward_weights", "relu forward",
                  "relu backward_data", "dense forward", "dense backward_weights", "dense backward_data"));
  for (const Record& record : found.records(View::isolated))
    if (record.layer == "conv") {
      EXPECT_EQ(record.flops, 4 * 2 * 54 * 4);
      EXPECT_EQ(record.samples.size(), 3U);
    }
}

TEST_F(RunViews, AddsUpPrefixes) {
  const FakeBackend backend("fake", plain());
  experiment.pass = Pass::forward;

  const BackendReport found = run(backend, {View::prefix});

  EXPECT_THAT(names(found, View::prefix),
              ElementsAre("pool step", "conv step", "relu step", "flat step", "dense step"));
  std::vector<double> medians;
  for (const Record& record : found.records(View::prefix)) medians.push_back(record.summary.median);
  EXPECT_THAT(medians, ElementsAre(1, 2, 3, 3, 4));
  EXPECT_EQ(found.records(View::prefix)[0].flops, 0);
  EXPECT_EQ(found.records(View::prefix)[4].flops, 4 * 2 * (54 * 4 + 24));
  EXPECT_EQ(found.records(View::prefix)[1].kind, "conv");
  EXPECT_EQ(found.records(View::prefix)[1].output, (Shape{3, 2, 2}));
}

TEST_F(RunViews, ALayerAloneIsTheNetworksOwnOperationsAfterAStepUpToThem) {
  const FakeBackend backend("fake", plain());
  experiment.layers = LayerPattern("conv");

  const BackendReport found = run(backend, {View::isolated});

  EXPECT_EQ(backend.prepared.size(), 1U);  // the network, and no program of the layer
  const std::vector<std::size_t> step{0, 1, 2, 3, 4, 5, 6, 7, 8};
  std::vector<std::size_t> expected = step;
  const auto then = [&](const std::vector<std::size_t>& runs) {
    expected.insert(expected.end(), runs.begin(), runs.end());
  };
  then({1, 8});  // burn-in
  then(step);
  then({1, 8, 1, 8, 1, 8});
  EXPECT_EQ(trace->runs, expected);
}

TEST_F(RunViews, ALayerHasTheSameImplementationAndLayoutInAllViewsOfTheNetwork) {
  const FakeBackend backend("fake", [&](const Model&, const PrepareOptions&) {
    return std::make_unique<ScriptedProgram>(
        clock, std::vector<ScriptedProgram::Script>{{{0, Direction::forward, "jit:avx2", "acdb"}, 1},
                                                    {{1, Direction::reorder, "copy", "acdb → abcd"}, 1},
                                                    {{1, Direction::forward, "brgconv", "abcd"}, 1}});
  });

  const BackendReport found = run(backend, {View::layers, View::isolated});

  const auto told = [&](View view) {
    std::vector<std::string> list = names(found, view);
    for (std::size_t i = 0; i < list.size(); ++i)
      list[i] += " " + found.records(view)[i].implementation + " " + found.records(view)[i].layout;
    return list;
  };
  EXPECT_THAT(told(View::isolated), ElementsAre("pool forward jit:avx2 acdb", "conv reorder copy acdb → abcd",
                                                "conv forward brgconv abcd"));
  EXPECT_EQ(told(View::isolated), told(View::layers));
}

TEST_F(RunViews, FlagsAPrefixWhereALayerRunsAsSomethingElse) {
  const FakeBackend backend("fake", [&](const Model& m, const PrepareOptions&) {
    const std::string layout = m.layers.size() < 3 ? "abcd" : "acdb";
    std::vector<ScriptedProgram::Script> script;
    for (int layer = 0; layer < static_cast<int>(m.layers.size()); ++layer)
      script.push_back({{layer, Direction::forward, "jit", layout}, 1});
    return std::make_unique<ScriptedProgram>(clock, script);
  });

  const BackendReport found = run(backend, {View::prefix});

  std::vector<std::string> flags;
  for (const Record& record : found.records(View::prefix))
    for (const Flag& flag : record.flags)
      if (flag.about == "implementation") flags.push_back(record.layer + ": " + flag.text);
  EXPECT_THAT(flags, ElementsAre("pool: pool runs as forward jit (abcd); in the network it runs as forward "
                                 "jit (acdb)",
                                 "conv: pool runs as forward jit (abcd); in the network it runs as forward "
                                 "jit (acdb); 1 more differ"));
}

TEST_F(RunViews, RecordsTheGapBetweenSteps) {
  const FakeBackend backend("fake", plain());
  for (const Gap gap : {Gap::none, Gap::idle, Gap::cold}) {
    experiment.timing.gap = gap;
    const BackendReport found = run(backend, {View::network});
    EXPECT_EQ(found.records(View::network)[0].gap, gap);
    EXPECT_THAT(found.records(View::network)[0].samples, ElementsAre(10, 10, 10));
  }
}

TEST_F(RunViews, KeepsWhatWasMeasuredWhereAPrefixCannotBePrepared) {
  const FakeBackend backend("fake", [&](const Model& m, const PrepareOptions& o) {
    if (m.layers.size() == 3) throw std::runtime_error("too small");
    return scripted(m, o.pass);
  });

  const BackendReport found = run(backend, {View::network, View::prefix});

  ASSERT_EQ(found.failures.size(), 1U);
  EXPECT_EQ(found.failures[0].layer, "relu");
  EXPECT_EQ(found.failures[0].reason, Failure::Reason::error);
  EXPECT_EQ(names(found, View::prefix).size(), 4U);
}

}  // namespace
}  // namespace cnnbench
