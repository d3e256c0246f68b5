#include <gmock/gmock.h>

#include "tests/harness/report/backend_fixture.h"

namespace cnnbench {
namespace {

using testing::backend_in;
using testing::BackendRecords;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::printed;
using testing::three_backends;
using testing::widest_line;

std::string text_of(const Report& report) {
  return printed([&](std::ostream& out) { print_backends(out, report); });
}

TEST(ConsoleBackends, HasARowALayerAndAColumnABackend) {
  EXPECT_THAT(text_of(three_backends()),
              ::testing::StartsWith(
                  "\nBackends on net, forward: batch 32, 1 rank × 1 thread; median of a step; × is the time "
                  "relative to\n"
                  "  gemm:openblas with its 95 % interval; * is the fastest, or too close to call\n"
                  "layer     gemm:openblas                  onednn                 xnnpack\n"
                  "                    ms      ms      × 95 %          ms      × 95 %\n"
                  "-----------------------------------------------------------------------\n"
                  "conv1            20.00   10.00* 0.50× 0.49–0.51  16.00  0.80× 0.78–0.82\n"
                  "fc                8.00    6.00  0.75× 0.74–0.76   3.00* 0.37× 0.37–0.38\n"
                  "softmax           1.00*   1.00* 1.00× 0.98–1.02   1.00* 1.00× 0.98–1.02\n"
                  "Σ layers         29.00   17.00* 0.59× 0.57–0.60  20.00  0.69× 0.68–0.70\n"
                  "-----------------------------------------------------------------------\n"
                  "network          30.00   16.00* 0.53× 0.52–0.54  20.00  0.67× 0.65–0.68\n"
                  "onednn is fastest on the whole network: 1.25 [1.22, 1.27] times as fast as xnnpack, the "
                  "next, and\n"
                  "  1.88 [1.84, 1.91] times as fast as gemm:openblas.\n"));
}

TEST(ConsoleBackends, SaysOnceWhatOneLaunchCannotKnow) {
  Report report = three_backends();
  PassReport again = testing::pass_in(report);
  again.pass = Pass::train;
  report.networks[0].passes.push_back(again);
  const std::string text = text_of(report);
  const std::string sentence = "One launch cannot know";
  const auto first = text.find(sentence);
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(text.find(sentence, first + 1), std::string::npos);
  EXPECT_THAT(text, ::testing::EndsWith("scripts/compare.py.\n"));
}

TEST(ConsoleBackends, ARunOfOneBackendPrintsNothing) {
  Report report;
  BackendRecords(report, "a").network(0.01);
  EXPECT_EQ(text_of(report), "");
}

TEST(ConsoleBackends, AFailedBackendIsAColumnOfMarksWithALegend) {
  Report report = three_backends();
  BackendReport& failed = backend_in(report, "xnnpack");
  failed.views.clear();
  failed.failures = {{"conv1", Failure::Reason::unsupported, "no groups"},
                     {"softmax", Failure::Reason::unsupported, "no groups"}};
  const std::string text = text_of(report);
  EXPECT_THAT(text, ::testing::ContainsRegex("\nconv1 [^\n]* \\[1\\]\n"));
  EXPECT_THAT(text, ::testing::ContainsRegex("\nfc [^\n]* -\n"));
  EXPECT_THAT(text, ::testing::ContainsRegex("\nnetwork [^\n]* \\[1\\]\n"));
  EXPECT_THAT(text, HasSubstr("\n  [1] xnnpack: unsupported: conv1, softmax: no groups\n"));
}

TEST(ConsoleBackends, AnIntervalOfAnOrderOfMagnitudeHasOneDigitAndNoExponent) {
  Report report;
  BackendRecords(report, "a").network(0.01);
  BackendRecords(report, "b").network(0.05);
  std::vector<double>& samples = backend_in(report, "b").views[View::network].records[0].samples;
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] *= i % 10 < 5 ? 0.5 : 3;
  EXPECT_THAT(text_of(report), ::testing::ContainsRegex("× [1-9]–[1-9]0\n"));
}

TEST(ConsoleBackends, AllButOneFailedIsStillATable) {
  Report report;
  BackendRecords(report, "a").network(0.02).layer("conv1", 0.01);
  backend_in(report, "b").failures = {{"", Failure::Reason::error, "out of memory"}};
  const std::string text = text_of(report);
  EXPECT_THAT(text, HasSubstr("\nconv1     10.0   [1]\n")) << text;
  EXPECT_THAT(text, HasSubstr("\n  [1] b: error: out of memory\n"));
}

TEST(ConsoleBackends, TenBackendsAreSplitOverTablesThatFitTheConsole) {
  Report report = testing::full_report(testing::vgg16(), Pass::forward_backward, true);
  std::vector<BackendReport>& backends = report.networks[0].passes[0].backends;
  const BackendReport one = backends[0];
  backends.clear();
  std::vector<std::string> names{"onednn", "onednn:layout=nchw", "gemm:openblas",
                                 "a_backend_of_a_very_long_name:x=y"};
  for (int i = 0; i < 6; ++i) names.push_back("backend" + std::to_string(i));
  double factor = 1;
  for (const std::string& name : names) {
    BackendReport& backend = backends.emplace_back(one);
    backend.name = name;
    for (auto& [view, found] : backend.views)
      for (Record& record : found.records)
        testing::give_samples(record, testing::spread_around(factor * record.summary.mean, 8));
    factor *= 1.9;
  }
  const std::string text = text_of(report);
  EXPECT_LE(widest_line(text), 100U) << text;
  std::size_t tables = 0;
  for (std::size_t at = 0; (at = text.find("\nconv1_1 ", at)) != std::string::npos; ++at) ++tables;
  EXPECT_GE(tables, 3U);
  for (const char* row : {"\nΣ forward ", "\nΣ bwd data ", "\nΣ bwd weights ", "\nΣ layers ", "\nnetwork "})
    EXPECT_THAT(text, HasSubstr(row));
}

}  // namespace
}  // namespace cnnbench
