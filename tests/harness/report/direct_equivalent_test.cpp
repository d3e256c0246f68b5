#include "harness/report/direct_equivalent.h"

#include <gmock/gmock.h>

#include "tests/harness/report/report_fixture.h"

namespace cnnbench {
namespace {

using testing::full_report;
using ::testing::HasSubstr;
using testing::layer_record;
using testing::layers_in;
using ::testing::Not;
using testing::printed;
using testing::widest_line;

std::string direct_text(const Report& report, View view = View::layers) {
  return printed(
      [&](std::ostream& out) { print_layers(out, all_backends(report).at(0), view, report.ceilings); });
}

/// The text without line breaks.
std::string on_one_line(const std::string& text) {
  std::istringstream words(text);
  std::string line;
  for (std::string word; words >> word;) line += (line.empty() ? "" : " ") + word;
  return line;
}

Check check(const std::string& layer, Tensor tensor, double error) {
  return {layer, tensor, 10, 10, 0, 1, true, "", error};
}

/// conv1 at 100 GFLOP/s by Winograd, fc at 200 directly.
Report winograd_report() {
  Report report;
  report.networks.push_back({testing::small_model(), 32});
  layers_in(report) = {
      layer_record("conv1", Direction::forward, 0.016, 0.0004, 1'600'000'000, "winograd:f4x4:avx512"),
      layer_record("fc", Direction::forward, 0.004, 0.0004, 800'000'000, "brgemm:avx512_core")};
  layers_in(report)[0].direct_equivalent = true;
  testing::backend_in(report).checks = {check("conv1", Tensor::output, 4.26e-7),
                                        check("conv1", Tensor::weights_gradient, 2e-6)};
  return report;
}

TEST(DirectEquivalent, RatesHaveADaggerAndErrorsStandBesideThem) {
  EXPECT_EQ(
      direct_text(winograd_report()),
      "Layers of net, forward on onednn: batch 32, 1 rank × 1 thread; mean over 10 steps\n"
      "layer  output       forward  share  GFLOP/s    error  implementation\n"
      "                    ms ± sd      %\n"
      "--------------------------------------------------------------------------\n"
      "conv1  64x8x8  16.00 ± 0.40   80.0   100.0†  4.3e-07  winograd:f4x4:avx512\n"
      "fc     64x8x8   4.00 ± 0.40   20.0   200.0         -  brgemm:avx512_core\n"
      "--------------------------------------------------------------------------\n"
      "total          20.00 ± 0.57  100.0   120.0†\n"
      "† direct-equivalent: the FLOPs of the convolution by its definition, over the time of an algorithm\n"
      "  (Winograd) that multiplies up to five times less. error: relative L2, of the output.\n");
}

TEST(DirectEquivalent, TheHighestLayerAboveThePeakIsNamedWithTheirNumber) {
  Report report = winograd_report();
  report.ceilings = Ceilings{40e9, "AVX-512F", 2};
  EXPECT_THAT(on_one_line(direct_text(report)),
              HasSubstr("exceed the FMA peak of 40.0 GFLOP/s (measured, AVX-512F, 2 threads): conv1 forward "
                        "reaches 250 % of it. error"));

  layers_in(report).push_back(
      layer_record("conv2", Direction::forward, 0.008, 0.0004, 1'600'000'000, "winograd"));
  layers_in(report).back().direct_equivalent = true;
  EXPECT_THAT(on_one_line(direct_text(report)),
              HasSubstr("conv2 forward reaches 500 % of it, the most of 2 above it."));

  report.ceilings->fma_flops_per_second = 1e12;
  EXPECT_THAT(on_one_line(direct_text(report)), Not(HasSubstr("reaches")));
}

TEST(DirectEquivalent, TrainingShowsTheWorstErrorOfALayerAndMarksEveryDirection) {
  Report report = winograd_report();
  layers_in(report).push_back(layer_record("conv1", Direction::backward_weights, 0.032, 0.0032, 1'600'000'000,
                                           "winograd:f4x4:avx512"));
  layers_in(report).back().direct_equivalent = true;
  layers_in(report).push_back(
      layer_record("fc", Direction::backward_data, 0.004, 0.0004, 800'000'000, "gemm:jit"));
  const std::string text = direct_text(report);
  EXPECT_THAT(text, HasSubstr("50.0†  winograd:f4x4:avx512  2.0e-06\n"));
  EXPECT_THAT(text,
              HasSubstr("\nconv1   100.0†  winograd:f4x4:avx512        -  -           50.0†  winograd"));
  EXPECT_THAT(text, HasSubstr("\nfc      200.0   brgemm:avx512_core      200.0  gemm:jit"));
  EXPECT_THAT(on_one_line(text), HasSubstr("the worst of output and gradients of input and weights"));

  testing::backend_in(report).checks[0].l2_error = 3e-6;  // of the output
  EXPECT_THAT(direct_text(report), HasSubstr("50.0†  winograd:f4x4:avx512  3.0e-06\n"));
}

TEST(DirectEquivalent, TablesWithoutSuchLayersHaveNeitherDaggerNorErrors) {
  Report report = winograd_report();
  layers_in(report)[0].direct_equivalent = false;
  report.ceilings = Ceilings{40e9, "AVX-512F", 2};
  const std::string text = direct_text(report);
  EXPECT_THAT(text, Not(HasSubstr("†")));
  EXPECT_THAT(text, Not(HasSubstr("error")));
}

TEST(DirectEquivalent, LayersAloneWereNotVerifiedAndHaveNoErrors) {
  Report report = winograd_report();
  testing::backend_in(report).views[View::isolated] = testing::backend_in(report).views[View::layers];
  const std::string text = direct_text(report, View::isolated);
  EXPECT_THAT(text, HasSubstr("100.0†"));
  EXPECT_THAT(text, Not(HasSubstr("error")));
}

TEST(DirectEquivalent, Vgg16StillFitsTheConsole) {
  for (const Pass pass : {Pass::forward, Pass::forward_backward}) {
    Report report = full_report(testing::vgg16(), pass, true);
    report.ceilings = Ceilings{40e9, "AVX-512F", 2};
    BackendReport& backend = report.networks[0].passes[0].backends[0];
    for (Record& record : backend.views[View::layers].records) {
      record.direct_equivalent = record.kind == "conv";
      if (record.kind == "conv")
        record.implementation = "winograd:f4x4:avx512:weights + winograd:f4x4:avx512";
      backend.checks.push_back(check(record.layer, Tensor::output, 4.26e-7));
    }
    const std::string text = direct_text(report);
    EXPECT_LE(widest_line(text), 100U) << text;
    EXPECT_THAT(text, HasSubstr("4.3e-07"));
    EXPECT_THAT(text, HasSubstr("\nconv5_3 "));
  }
}

}  // namespace
}  // namespace cnnbench
