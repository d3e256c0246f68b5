#include <gmock/gmock.h>

#include <limits>

#include "tests/harness/report/report_fixture.h"

namespace cnnbench {
namespace {

using testing::backend_in;
using testing::hand_made;
using ::testing::HasSubstr;
using testing::network_record;
using ::testing::Not;
using testing::of_vgg16;
using testing::pass_in;
using testing::printed;
using testing::small_model;
using ::testing::StartsWith;
using testing::widest_line;

std::string network_text(const Record& record, Pass pass = Pass::forward,
                         const std::optional<Setup>& setup = {}) {
  Model model;
  model.name = "vgg16";
  BackendReport backend{"onednn", setup};
  backend.views[View::network].records = {record};
  return printed([&](std::ostream& out) { print_network(out, {model, pass, backend}); });
}

std::string verdict_text(const Report& report) {
  return printed([&](std::ostream& out) { print_verdict(out, report); });
}

TEST(ConsoleVerdict, TellsAWrongImplementationOnceWithAllItsPlacesAndStaysValid) {
  Report report;
  report.verified = true;
  Check right;
  right.layer = "fc8";
  right.tensor = Tensor::output;
  right.passed = true;
  BackendReport& backend = of_vgg16(report);
  backend.checks = {right};
  backend.library_faults = {{"fc7", "copy of its weights", "jit:uni", "simple:any", "12 wrong"},
                            {"fc8", "copy of its weights", "jit:uni", "simple:any", "9 wrong"}};
  const std::string text = verdict_text(report);
  EXPECT_THAT(text, StartsWith("VALID: "));
  EXPECT_THAT(text, HasSubstr("WRONG IMPLEMENTATION REPLACED: vgg16 forward on onednn: "));
  EXPECT_EQ(text.find("REPLACED"), text.rfind("REPLACED"));
  for (const char* word : {"fc7", "fc8", "jit:uni", "simple:any"}) EXPECT_THAT(text, HasSubstr(word));
}

TEST(ConsoleVerdict, CountsTheChoicesWhereThereAreAny) {
  Report report;
  EXPECT_THAT(verdict_text(report), Not(HasSubstr("hoice")));
  report.choices.resize(3);
  report.choices[1].given = true;
  EXPECT_THAT(verdict_text(report),
              HasSubstr("Choices of the backends: 2 by timing, 1 taken over from --choices"));
}

TEST(ConsoleNetwork, SaysWhatTheScriptSaidAndThenTheRest) {
  Record record = network_record(1.25, 0.005, 100);
  record.flops = 500'000'000'000;
  EXPECT_EQ(
      network_text(record),
      "Forward across 100 steps, 1.250 ± 0.005 s/batch\n"
      "  vgg16 on onednn, batch 32; median 1.250 s (95 %: 1.250 to 1.250); 25.6 images/s; 400.0 GFLOP/s;\n"
      "  stopped after all steps\n");
}

TEST(ConsoleNetwork, NamesThePassAsTheScriptDid) {
  EXPECT_THAT(network_text(network_record(3.5, 0.25, 10), Pass::forward_backward),
              StartsWith("Forward-backward across 10 steps, 3.500 ± 0.250 s/batch\n"));
  EXPECT_THAT(network_text(network_record(3.5, std::nullopt, 1), Pass::train),
              StartsWith("Train across 1 step, 3.500 s/batch\n"));
}

TEST(ConsoleNetwork, RatesAreTotalWorkOverTotalTime) {
  Record record = network_record(1.0, 0.1, 10);
  record.summary.total = 20;  // unlike the mean, on purpose
  EXPECT_THAT(network_text(record), HasSubstr("; 16.0 images/s;"));
}

TEST(ConsoleNetwork, ShowsRatesOfARankAndOfAllAndWhoWasSlowest) {
  Record record = network_record(1.25, 0.005, 100);
  record.ranks = 2;
  record.imbalance = 1.04;
  record.per_rank = {{0, record.summary, 30}, {1, record.summary, 70}};
  record.over_ranks = {record.summary, record.summary, record.summary, record.summary};
  record.over_ranks->longest.median = 1.2;
  record.over_ranks->start_skew.median = 2e-6;
  record.over_ranks->waiting.median = 0.05;
  record.stop_reason = StopReason::precision;
  record.flags = {{"clock", "the clock makes up 6 % of the time", 0.06}};
  EXPECT_EQ(network_text(record),
            "Forward across 100 steps, 1.250 ± 0.005 s/batch\n"
            "  vgg16 on onednn, batch 32; median 1.250 s (95 %: 1.250 to 1.250);\n"
            "  25.6 images/s a rank, 51.2 in all; stopped at the precision asked for\n"
            "  time from first start to last end; medians: slowest rank alone 1.200 s, starts "
            "2.000 µs apart,\n  waiting 50.000 ms\n"
            "  imbalance 1.040 (slowest over other rank); slowest in steps: rank 1 70, rank 0 30\n"
            "  FLAG: the clock makes up 6 % of the time\n");
}

TEST(ConsoleNetwork, ManyRanksStayOnOneLine) {
  Record record = network_record(1.25, 0.005, 1000);
  record.ranks = 200;
  for (int rank = 0; rank < 200; ++rank) record.per_rank.push_back({rank, record.summary, 5});
  const std::string text = network_text(record);
  EXPECT_LE(widest_line(text), 100U);
  EXPECT_THAT(text, HasSubstr("rank 0 5, rank 1 5,"));
  EXPECT_THAT(text, HasSubstr(" others "));
  record.imbalance = 1.5;
  EXPECT_THAT(network_text(record), HasSubstr("imbalance 1.500 (slowest over median of the others); "));
}

TEST(ConsoleNetwork, ShowsWhatSetUpTook) {
  cnnbench::Setup setup{0.25, 527.8, 3.5, "", {}};
  EXPECT_THAT(network_text(network_record(1, 0.1, 10), Pass::forward, setup),
              HasSubstr("set-up took 250.000 ms"));
  setup.weights_seconds = 0.125;
  EXPECT_THAT(network_text(network_record(1, 0.1, 10), Pass::forward, setup),
              HasSubstr("set-up took 250.000 ms, of which transforming and packing weights 125.000 ms"));
}

TEST(ConsoleNetwork, SaysWhereARateIsDirectEquivalent) {
  Record record = network_record(1, 0.1, 10);
  record.flops = 2'000'000'000;
  EXPECT_THAT(network_text(record), HasSubstr("2.00 GFLOP/s;"));
  record.direct_equivalent = true;
  EXPECT_THAT(network_text(record), HasSubstr("2.00 GFLOP/s (direct-equivalent);"));
}

/// Adds a network with a record of its network view.
Record& add_network(Report& report, const std::string& name, const Record& record,
                    Pass pass = Pass::forward) {
  report.networks.push_back({small_model(name), 32});
  return backend_in(pass_in(report, pass, name)).views[View::network].records.emplace_back(record);
}

TEST(ConsoleComparison, RelatesEveryNetworkToTheFirst) {
  Report report;
  report.comparisons = {{"mlp-vs-cnn", 64000, {0, 1}}};
  Record& mlp = add_network(report, "mlp", network_record(0.01, 0.001, 100));
  Record& cnn = add_network(report, "cnn", network_record(0.163, 0.01, 100));
  mlp.bytes = 1'000'000;
  cnn.bytes = 500'000;
  mlp.ranks = cnn.ranks = 2;
  // 64,000 samples in batches of 32 on 2 ranks are 1,000 steps. small_model: 64·9 + 64 + 4096·10 + 10
  // parameters and 2·(64·9·64 + 40960) FLOPs.
  EXPECT_EQ(
      printed([&](std::ostream& out) { print_comparisons(out, report); }),
      "Comparison mlp-vs-cnn, forward on onednn: 2 ranks × 1 thread; ratios (×) are to mlp; an epoch is\n"
      "  64,000 samples\n"
      "                               mlp             cnn\n"
      "---------------------------------------------------------\n"
      "parameters                  41,610  1×      41,610     1×\n"
      "forward FLOPs a sample     155,648  1×     155,648     1×\n"
      "batch a rank                    32  1×          32     1×\n"
      "bytes a step             1,000,000  1×     500,000   0.5×\n"
      "time a step, ms ±%      10.0 ±10.0  1×  163.0 ±6.1  16.3×\n"
      "time an epoch, s              10.0  1×       163.0  16.3×\n");
}

TEST(ConsoleComparison, HasItsOwnNetworksAlone) {
  Report report;
  for (const char* name : {"stranger", "a", "b", "c"})
    add_network(report, name, network_record(0.1, 0.01, 100));
  report.comparisons = {{"first", 64, {2, 1}}, {"second", 0, {3, 1}}};
  const std::string text = printed([&](std::ostream& out) { print_comparisons(out, report); });
  EXPECT_THAT(text, HasSubstr("Comparison first, forward on onednn: 1 rank × 1 thread; ratios (×) are to b"));
  EXPECT_THAT(text,
              HasSubstr("Comparison second, forward on onednn: 1 rank × 1 thread; ratios (×) are to c"));
  EXPECT_THAT(text, Not(HasSubstr("stranger")));
  EXPECT_EQ(text.find("time an epoch"), text.rfind("time an epoch"));
}

TEST(ConsoleComparison, ANetworkThatWasNotMeasuredHasNoTimes) {
  Report report;
  report.comparisons = {{"mlp-vs-cnn", 0, {0, 1}}};
  report.networks.push_back({small_model("mlp"), 32});
  add_network(report, "cnn", network_record(0.163, 0.01, 100));
  const std::string text = printed([&](std::ostream& out) { print_comparisons(out, report); });
  EXPECT_THAT(text, ::testing::ContainsRegex("time a step, ms [^\n]* -   *- +163.0 ±6.1 +-\n"));
  EXPECT_THAT(text, Not(HasSubstr("epoch")));
}

TEST(ConsoleComparison, ManyNetworksAreSplitOverSeveralTables) {
  Report report;
  for (const char* name : {"a_network_with_a_long_name", "b", "c", "d", "e", "f", "g", "h", "i"})
    add_network(report, name, network_record(0.1, 0.01, 100), Pass::forward_backward);
  report.comparisons = {{"many", 0, {0, 1, 2, 3, 4, 5, 6, 7, 8}}};
  const std::string text = printed([&](std::ostream& out) { print_comparisons(out, report); });
  EXPECT_LE(widest_line(text), 100U);
  EXPECT_THAT(text, HasSubstr("a_network_with_a_lo…"));
}

TEST(ConsolePrefixes, ShowsCumulativeTimesAndFlattenedOutputs) {
  const Model model = small_model();
  BackendReport backend{"onednn"};
  Record record = network_record(0.55, 0.01, 10);
  record.batch = 5;
  record.layer = "conv1";
  record.output = Shape{96, 56, 56};
  backend.views[View::prefix].records.push_back(record);
  record.layer = "fc";
  record.output = Shape{1000};
  record.summary = hand_made(2.36, 0.05, 10);
  backend.views[View::prefix].records.push_back(record);
  EXPECT_EQ(
      printed([&](std::ostream& out) {
        print_prefixes(out, {model, Pass::forward, backend});
      }),
      "Cumulative times of net, forward on onednn: batch 5, 1 rank × 1 thread; mean of the network cut off\n"
      "  after each layer\n"
      "#  through    output    flattened           time  difference\n"
      "   layer                                  s ± sd           s\n"
      "------------------------------------------------------------\n"
      "0  conv1    96x56x56  (5, 301056)  0.550 ± 0.010       0.550\n"
      "1  fc       1000x1x1    (5, 1000)  2.360 ± 0.050       1.810\n");
}

Check passed_check() {
  return {"conv1", Tensor::output, 100, 100, 2e-7, 1e-5, true, ""};
}

TEST(ConsoleVerdict, IsValidWhereAllChecksPassed) {
  Report report;
  report.verified = true;
  std::vector<Check>& checks = (of_vgg16(report).checks = {passed_check(), passed_check()});
  checks[0].max_error = 1e-8;
  EXPECT_EQ(
      verdict_text(report),
      "VALID: 2 tensors checked; worst relative error 2e-07 where 1e-05 is allowed (conv1 output of vgg16\n"
      "  forward on onednn)\n");
}

TEST(ConsoleVerdict, SaysHowManyTensorsWereSampledAndHowThinly) {
  Report report;
  report.verified = true;
  std::vector<Check>& checks = (of_vgg16(report).checks = {passed_check(), passed_check(), passed_check()});
  checks[0].elements = 1000;
  checks[0].checked = 30;
  checks[2].elements = 3000;
  checks[2].checked = 10;
  EXPECT_THAT(verdict_text(report), StartsWith("VALID: 3 tensors checked, 2 of them by a sample of 1 % of "
                                               "their elements (every border among it);"));
}

TEST(ConsoleVerdict, TheWorstErrorIsTheOneNearestToWhatIsAllowed) {
  Report report;
  report.verified = true;
  std::vector<Check>& checks = (of_vgg16(report).checks = {passed_check(), passed_check()});
  checks[0].max_error = 1e-7;
  checks[0].tolerance = 2e-7;
  EXPECT_THAT(verdict_text(report), HasSubstr("worst relative error 1e-07 where 2e-07 is allowed"));
}

TEST(ConsoleVerdict, AFailedCheckMakesItInvalidWhateverTheStatusSays) {
  Report report;
  report.verified = true;
  std::vector<Check>& checks = (of_vgg16(report).checks = {passed_check(), passed_check()});
  checks[1].passed = false;
  checks[1].max_error = std::numeric_limits<double>::quiet_NaN();
  checks[1].message = "element 7: found nan, expected 1";
  const std::string text = verdict_text(report);
  EXPECT_THAT(text, StartsWith("INVALID: 2 tensors checked, 1 failed; worst relative error nan"));
  EXPECT_THAT(text, HasSubstr("\n  FAILED: vgg16 forward on onednn, conv1 output: relative error nan"));
  EXPECT_THAT(text, HasSubstr("element 7: found\n    nan, expected 1\n"));
}

TEST(ConsoleVerdict, AnErrorThatIsNotANumberIsTheLargest) {
  Report report;
  of_vgg16(report).checks = {passed_check(), passed_check(), passed_check()};
  for (const std::size_t which : {0U, 1U, 2U}) {
    Report with_nan = report;
    of_vgg16(with_nan).checks[which].max_error = std::numeric_limits<double>::quiet_NaN();
    EXPECT_THAT(verdict_text(with_nan), HasSubstr("worst relative error nan"));
  }
}

TEST(ConsoleVerdict, AnInterruptedRunIsPartial) {
  Report report;
  report.status = "partial";
  of_vgg16(report).checks = {passed_check()};
  EXPECT_THAT(verdict_text(report), StartsWith("PARTIAL: "));
}

TEST(ConsoleVerdict, NothingCheckedIsNotValid) {
  Report report;
  EXPECT_THAT(verdict_text(report), StartsWith("NOT VERIFIED: verification was off"));
  report.verified = true;
  EXPECT_THAT(verdict_text(report), StartsWith("NOT VERIFIED: no tensor was checked"));
}

TEST(ConsoleVerdict, StatesWhatIsUnsupportedAndShoutsWarnings) {
  Report report;
  of_vgg16(report).checks = {passed_check()};
  backend_in(report).failures = {{"lrn1", Failure::Reason::unsupported, "no LRN of 7 channels"}};
  backend_in(pass_in(report, Pass::train)).failures = {{"", Failure::Reason::error, "out of memory"}};
  report.warnings = {"ranks 0 and 1 share core 0"};
  const std::string text = verdict_text(report);
  EXPECT_THAT(text, StartsWith("VALID: "));
  EXPECT_THAT(text, HasSubstr("\n  unsupported: net forward on onednn, lrn1: no LRN of 7 channels\n"));
  EXPECT_THAT(text, HasSubstr("\n  FAILED (error): net train on onednn: out of memory\n"));
  EXPECT_THAT(text, HasSubstr("\nWARNING: ranks 0 and 1 share core 0\n"));
}

TEST(ConsoleHeader, SaysWhatRunsWhereAndHow) {
  Report report;
  report.name = "net";
  report.start_time = "2026-11-21T21:57:45Z";
  report.networks.push_back({small_model(), 32});
  report.ranks = 2;
  report.threads = {1, 1};
  report.environment = {{{"host", "node1"}, {"cpu_model", "A CPU"}, {"logical_cpus", 8}}};
  report.backend_facts = {{"onednn", {{"version", "2.6.0"}}}};
  report.settings = {{"burn_in", 10}, {"views", {"network"}}, {"precision", 0.01}};
  report.clock = {25e-9, 1e-9};
  EXPECT_EQ(printed([&](std::ostream& out) { print_header(out, report); }),
            "run         net, 2026-11-21T21:57:45Z\n"
            "machine     A CPU, node1, 8 logical CPUs\n"
            "ranks       2 ranks × 1 thread\n"
            "backend     onednn 2.6.0\n"
            "model       net: 2 layers, 41,610 parameters, forward 155.6 kFLOP an image, batch 32 a rank\n"
            "settings    burn_in 10, precision 0.01\n"
            "clock       25 ns a call, resolution 1 ns\n");
}

TEST(ConsoleHeader, NamesVariablesThatChangeWhatRunsAndWhereRanksDiffer) {
  Report report;
  report.name = "net";
  report.environment = {
      {{"environment_variables", {{"OMP_NUM_THREADS", "4"}, {"OPENBLAS_CORETYPE", "Haswell"}}}},
      {{"environment_variables", {{"OMP_NUM_THREADS", "4"}, {"OPENBLAS_CORETYPE", "Haswell"}}}},
      {{"environment_variables", {{"OMP_NUM_THREADS", "2"}, {"LD_PRELOAD", "x.so"}}}}};
  EXPECT_EQ(printed([&](std::ostream& out) { print_header(out, report); }),
            "run         net\nranks       1 rank\n"
            "variables   LD_PRELOAD not set (rank 2: x.so), OMP_NUM_THREADS=4 (rank 2: 2),\n"
            "            OPENBLAS_CORETYPE=Haswell (rank 2: not set)\n");
}

TEST(ConsoleHeader, LeavesOutWhatIsNotKnown) {
  Report report;
  report.name = "net";
  report.environment = {{{"host", nullptr}, {"cpu_model", 3}}, nullptr};
  EXPECT_EQ(printed([&](std::ostream& out) { print_header(out, report); }),
            "run         net\nranks       1 rank\n");
}

}  // namespace
}  // namespace cnnbench
