#include <gmock/gmock.h>

#include "harness/report/layer_times.h"
#include "tests/harness/report/report_fixture.h"

namespace cnnbench {
namespace {

using testing::backend_in;
using testing::full_report;
using ::testing::HasSubstr;
using testing::layer_record;
using testing::layers_in;
using ::testing::Not;
using testing::printed;
using testing::small_model;
using testing::widest_line;

std::string layers_text(const Report& report, View view = View::layers) {
  return printed([&](std::ostream& out) { print_layers(out, all_backends(report).at(0), view, {}); });
}

Report forward_report() {
  Report report;
  report.networks.push_back({small_model(), 32});
  // Out of order, with a loss that is no layer of the network.
  layers_in(report) = {
      layer_record("loss", Direction::forward, 0.001, 0.0001, 0, "plain"),
      layer_record("fc", Direction::forward, 0.003, 0.0003, 600'000'000, "brgemm:avx512_core"),
      layer_record("conv1", Direction::forward, 0.016, 0.0004, 1'600'000'000, "brgconv:avx512_core")};
  return report;
}

TEST(ConsoleLayers, ForwardHasARowALayerInTheOrderOfTheNetwork) {
  EXPECT_EQ(layers_text(forward_report()),
            "Layers of net, forward on onednn: batch 32, 1 rank × 1 thread; mean over 10 steps\n"
            "layer  output       forward  share  GFLOP/s  implementation\n"
            "                    ms ± sd      %\n"
            "----------------------------------------------------------------\n"
            "conv1  64x8x8  16.00 ± 0.40   80.0    100.0  brgconv:avx512_core\n"
            "fc     64x8x8   3.00 ± 0.30   15.0    200.0  brgemm:avx512_core\n"
            "loss   64x8x8   1.00 ± 0.10    5.0        -  plain\n"
            "----------------------------------------------------------------\n"
            "total          20.00 ± 0.51  100.0    110.0\n");
}

TEST(ConsoleLayers, TrainingHasAColumnADirectionAndChargesReordersToTheLayer) {
  Report report = forward_report();
  layers_in(report).push_back(
      layer_record("conv1", Direction::backward_weights, 0.032, 0.0032, 1'600'000'000, "jit:avx512_core"));
  layers_in(report).push_back(
      layer_record("fc", Direction::backward_data, 0.004, 0.0004, 600'000'000, "gemm:jit"));
  layers_in(report).push_back(layer_record("fc", Direction::reorder, 0.008, 0.0008, 0, "simple:any"));
  EXPECT_EQ(layers_text(report),
            "Layers of net, forward on onednn: batch 32, 1 rank × 1 thread; mean over 10 steps\n"
            "layer  output      forward    bwd data  bwd weights  reorder    sum  share  GFLOP/s\n"
            "                     ms ±%       ms ±%        ms ±%       ms     ms      %\n"
            "-----------------------------------------------------------------------------------\n"
            "conv1  64x8x8  16.00 ± 2.5     -        32.00 ±10.0        -  48.00   75.0     66.7\n"
            "fc     64x8x8   3.00 ±10.0  4.00 ±10.0      -           8.00  15.00   23.4     80.0\n"
            "loss   64x8x8   1.00 ±10.0     -            -              -   1.00    1.6        -\n"
            "-----------------------------------------------------------------------------------\n"
            "total          20.00 ± 2.5  4.00 ±10.0  32.00 ±10.0     8.00  64.00  100.0     68.8\n"
            "\n"
            "layer  GFLOP/s  forward              GFLOP/s  bwd data  GFLOP/s  bwd weights\n"
            "--------------------------------------------------------------------------------\n"
            "conv1    100.0  brgconv:avx512_core        -  -            50.0  jit:avx512_core\n"
            "fc       200.0  brgemm:avx512_core     150.0  gemm:jit        -  -\n"
            "loss         -  plain                      -  -               -  -\n"
            "Reorders, charged to the layer: fc simple:any\n");
}

TEST(ConsoleLayers, FlagsAnUnattributedShareAboveFivePerCent) {
  Report report = forward_report();
  cnnbench::Setup& setup = backend_in(report).setup.emplace(cnnbench::Setup{1, 1, {}, "", 0.049});
  EXPECT_THAT(layers_text(report), HasSubstr("Unattributed: 4.9 % of"));
  EXPECT_THAT(layers_text(report), Not(HasSubstr("FLAG")));

  setup.unattributed_share = 0.051;
  EXPECT_THAT(layers_text(report), HasSubstr("FLAG: above 5 %"));

  setup.unattributed_share = -0.06;
  EXPECT_THAT(layers_text(report), HasSubstr("add up to 6.0 % more"));
  EXPECT_THAT(layers_text(report), HasSubstr("FLAG: above 5 %"));
  setup.unattributed_interval = Interval{-0.09, -0.03};
  EXPECT_THAT(layers_text(report), HasSubstr("6.0 % more than the network's time (95 %: 3.0 to 9.0 %)."));
  EXPECT_THAT(layers_text(report), Not(HasSubstr("FLAG")));

  setup.unattributed_interval = std::nullopt;
  setup.unattributed_share = -0.0004;
  EXPECT_THAT(layers_text(report), HasSubstr("The layers add up to the network's time, to 0.1 %."));
}

TEST(ConsoleLayers, NamesTheLayersOfEachLayoutOnce) {
  Report report = forward_report();
  EXPECT_THAT(layers_text(report), Not(HasSubstr("Layouts")));
  layers_in(report)[1].layout = "acdb → aBcd16b";
  layers_in(report)[2].layout = "ab";

  EXPECT_THAT(layers_text(report), HasSubstr("Layouts, forward: ab in conv1; acdb → aBcd16b in fc"));
}

TEST(ConsoleLayers, AFlagOfSeveralLayersIsSaidOnceWithTheWorst) {
  Report report = forward_report();
  layers_in(report)[1].flags = {{"drift", "1 % longer", 0.01}, {"noise", "noisy", 0}};
  layers_in(report)[2].flags = {{"drift", "2 % longer", 0.02}};
  const std::string text = layers_text(report);
  EXPECT_THAT(text,
              HasSubstr("\n  FLAG: drift: in 2 of the 3 times above; at worst conv1 forward: 2 % longer\n"));
  EXPECT_THAT(text, HasSubstr("\n  FLAG: noise: in 1 of the 3 times above; at worst fc forward: noisy\n"));
}

TEST(ConsoleLayers, AFlagOfTheWholeViewNamesNoLayer) {
  Report report = forward_report();
  for (Record& record : layers_in(report)) record.flags = {{"slower cores", "1.10 times as long", 1.1}};
  EXPECT_THAT(layers_text(report), HasSubstr("\n  FLAG: slower cores: 1.10 times as long\n"));
}

TEST(ConsoleLayers, NothingMeasuredPrintsNothing) {
  EXPECT_EQ(layers_text(forward_report(), View::isolated), "");
}

TEST(ConsoleLayers, ViewsAreNeverMixed) {
  Report report = forward_report();
  std::vector<Record>& records = layers_in(report);
  backend_in(report).views[View::isolated].records = {records[0]};
  records.erase(records.begin());
  EXPECT_THAT(layers_text(report), Not(HasSubstr("loss")));
  EXPECT_THAT(layers_text(report, View::isolated), HasSubstr("one at a time (isolated, hot caches)"));
}

TEST(ConsoleLayers, Vgg16FitsTheConsoleInEveryPass) {
  const Model model = testing::vgg16();
  for (const Pass pass : {Pass::forward, Pass::forward_backward}) {
    for (const bool reorders : {false, true}) {
      const Report report = full_report(model, pass, reorders);
      const std::string text = layers_text(report);
      EXPECT_LE(widest_line(text), 100U) << text;
      EXPECT_THAT(text, HasSubstr("\nconv5_3 "));
      EXPECT_THAT(text, HasSubstr("\nfc6_drop "));
      EXPECT_EQ(text.find("reorder") != std::string::npos, reorders);
    }
  }
}

TEST(ConsoleLayers, LongNamesAndTimesStillFit) {
  Report report = full_report(testing::vgg16(), Pass::forward_backward, true);
  for (Record& record : report.networks[0].passes[0].backends[0].views[View::layers].records) {
    record.layer += "_of_a_layer_with_a_very_long_name";
    record.summary.mean *= 300;
  }
  EXPECT_LE(widest_line(layers_text(report)), 100U);
}

TEST(LayerTimes, SpreadOfASumComesFromTheSumsOfTheSteps) {
  Record a = layer_record("a", Direction::forward, 2, 1, 0, ""),
         b = layer_record("b", Direction::forward, 2, 1, 0, "");
  a.samples = {1, 2, 3};
  b.samples = {3, 2, 1};  // what one gains the other loses
  EXPECT_DOUBLE_EQ(combine(View::layers, {&a, &b})->time.sd.value(), 0);
  EXPECT_DOUBLE_EQ(combine(View::layers, {&a, &b})->time.seconds, 4);
}

TEST(LayerTimes, SpreadOfIndependentTimesAddsInSquares) {
  Record a = layer_record("a", Direction::forward, 2, 3, 0, ""),
         b = layer_record("b", Direction::forward, 2, 4, 0, "");
  EXPECT_DOUBLE_EQ(combine(View::layers, {&a, &b})->time.sd.value(), 5);
  b.summary.sd.reset();
  EXPECT_FALSE(combine(View::layers, {&a, &b})->time.sd);
  EXPECT_FALSE(combine(View::layers, {}));
}

}  // namespace
}  // namespace cnnbench
