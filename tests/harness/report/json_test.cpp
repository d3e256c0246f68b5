#include <gmock/gmock.h>

#include <limits>
#include <utility>

#include "tests/harness/report/report_fixture.h"

namespace cnnbench {
namespace {

using Json = nlohmann::ordered_json;
using testing::layer_record;
using testing::network_record;
using testing::of_vgg16;
using testing::small_model;

Report sample_report() {
  Report report;
  report.name = "vgg16";
  report.start_time = "2026-11-21T21:57:45Z";
  report.command = {"bench", "--config", "vgg16.yaml"};
  report.configs.push_back({{"name", "vgg16.yaml"}, {"text", "model: vgg16\n"}});
  report.settings = {{"burn_in", 10}};
  report.environment = {{{"host", "node1"},
                         {"logical_cpus", 4},
                         {"governor", "powersave"},
                         {"load_average", {0.5, 0.25, 0.125}},
                         {"caches", {{"l1d_bytes", 49152}, {"l2_bytes", 2097152}, {"l3_bytes", nullptr}}},
                         {"frequency_hz", {{"max", nullptr}, {"min", nullptr}, {"current", 2300000000}}},
                         {"build", {{"type", "Release"}}}},
                        {{"host", "node2"}}};
  report.backend_facts = {{"onednn", {{"version", "2.6.0"}}}};
  report.clock = {25e-9, 1e-9};
  report.networks.push_back({small_model("vgg16"), 32});
  Record network = network_record(1.25, 0.005, 3);
  network.samples = {1.245, 1.25, 1.255};
  network.per_rank = {{0, network.summary, 3}};
  network.flags = {{"noise", "noisy", 1}};
  network.conditions.seconds = 2;
  network.conditions.involuntary_switches = 12;
  network.conditions.slowdown = 1.25;
  network.conditions.canaries.resize(2);
  network.conditions.canaries[1][Part::cache] = 0.002;
  network.conditions.settle_seconds = 0.5;
  network.conditions.unsettled_blocks = 2;
  network.conditions.steal_share = 0.25;
  BackendReport& backend = of_vgg16(report);
  backend.views[View::network].records = {network};
  backend.views[View::layers].records = {
      layer_record("conv1_1", Direction::forward, 0.5, 0.01, 1'000'000'000, "jit:avx2")};
  return report;
}

TEST(ResultJson, ContextIsThatOfGoogleBenchmark) {
  const Json context = result_json(sample_report())["context"];
  EXPECT_EQ(context, Json::parse(R"({
    "date": "2026-11-21T21:57:45+00:00", "host_name": "node1", "executable": "bench", "num_cpus": 4, "mhz_per_cpu": 2300,
    "cpu_scaling_enabled": true,
    "caches": [{"type": "Data", "level": 1, "size": 49152, "num_sharing": null},
               {"type": "Unified", "level": 2, "size": 2097152, "num_sharing": null}],
    "load_avg": [0.5, 0.25, 0.125], "library_build_type": "release", "json_schema_version": 1})"));
}

TEST(ResultJson, ContextIsNullWhereTheFactsAreMissing) {
  const Json context = result_json(Report{})["context"];
  for (const char* key :
       {"host_name", "num_cpus", "mhz_per_cpu", "cpu_scaling_enabled", "library_build_type"})
    EXPECT_TRUE(context.at(key).is_null()) << key;
  EXPECT_EQ(context["json_schema_version"], 1);
}

TEST(ResultJson, BenchmarksHaveARowARecordInNanoseconds) {
  const Json rows = result_json(sample_report())["benchmarks"];
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0]["name"], "vgg16/forward/onednn/network");
  EXPECT_EQ(rows[1]["name"], "vgg16/forward/onednn/layers/conv1_1/forward");
  EXPECT_EQ(rows[0]["run_name"], rows[0]["name"]);
  EXPECT_EQ(rows[0]["run_type"], "iteration");
  EXPECT_EQ(rows[0]["repetitions"], 1);
  EXPECT_EQ(rows[0]["repetition_index"], 0);
  EXPECT_EQ(rows[0]["threads"], 1);
  EXPECT_EQ(rows[0]["iterations"], 3);
  EXPECT_DOUBLE_EQ(rows[0]["real_time"].get<double>(), 1.25e9);
  EXPECT_DOUBLE_EQ(rows[0]["cpu_time"].get<double>(), 1.25e9);
  EXPECT_EQ(rows[0]["time_unit"], "ns");
}

TEST(ResultJson, NamesOfBenchmarksAreUnique) {
  Report report = sample_report();
  std::map<View, ViewReport>& views = of_vgg16(report).views;
  views[View::network].records.assign(3, Record(views[View::network].records[0]));
  const Json rows = result_json(report)["benchmarks"];
  EXPECT_EQ(rows[0]["name"], "vgg16/forward/onednn/network");
  EXPECT_EQ(rows[1]["name"], "vgg16/forward/onednn/network#2");
  EXPECT_EQ(rows[2]["name"], "vgg16/forward/onednn/network#3");
}

TEST(ResultJson, OwnPartHasEveryFieldOfTheDesign) {
  const Json own = result_json(sample_report())["cnnbench"];
  EXPECT_TRUE(own["schema"].is_number_integer());
  EXPECT_EQ(own["schema"], 1);
  EXPECT_EQ(own["status"], "complete");
  EXPECT_EQ(own["command"], Json({"bench", "--config", "vgg16.yaml"}));
  EXPECT_EQ(own["config"], Json::parse(R"([{"name": "vgg16.yaml", "text": "model: vgg16\n"}])"));
  EXPECT_EQ(own["environment"].size(), 2U);
  EXPECT_TRUE(own["machine"].at("ceilings").is_null());
  EXPECT_EQ(own["backends"]["onednn"]["version"], "2.6.0");
  EXPECT_EQ(own.at("comparisons"), Json::array());
  EXPECT_EQ(own["models"][0]["layers"][0]["layer"], "conv1");
  EXPECT_EQ(own["models"][0]["batch"], 32);
  EXPECT_TRUE(own["verification"].at("passed").is_null());
  for (const char* key : {"settings", "clock", "setups", "failures", "library_faults", "choices", "warnings"})
    EXPECT_TRUE(own.contains(key)) << key;
}

TEST(ResultJson, NamesAWrongImplementationAndWhatReplacedIt) {
  Report report = sample_report();
  of_vgg16(report).library_faults = {{"fc8", "copy of its weights from ab to AB16b64a", "jit:uni",
                                      "simple:any", "12 of 40 elements came out wrong"}};
  const Json own = result_json(report)["cnnbench"];
  EXPECT_EQ(own["library_faults"], Json::parse(R"([{"model": "vgg16", "pass": "forward", "backend": "onednn",
      "layer": "fc8", "operation": "copy of its weights from ab to AB16b64a", "implementation": "jit:uni",
      "replaced_by": "simple:any", "found_by": "set-up", "message": "12 of 40 elements came out wrong"}])"));
  EXPECT_EQ(own["status"], "complete");
}

TEST(ResultJson, ListsWhatBackendsChose) {
  constexpr double nothing = std::numeric_limits<double>::quiet_NaN();
  Report report = sample_report();
  report.choices = {{"torch", "net", {{"nchw", 0.25}, {"packed", nothing}}, "nchw", false, ""},
                    {"torch", "other", {{"nchw", nothing}}, "nchw", true, ""}};
  EXPECT_EQ(result_json(report)["cnnbench"]["choices"], Json::parse(R"([
      {"backend": "torch", "key": "net", "candidates": [{"name": "nchw", "seconds": 0.25},
       {"name": "packed", "seconds": null}], "chosen": "nchw", "from": "timing"},
      {"backend": "torch", "key": "other", "candidates": [{"name": "nchw", "seconds": null}],
       "chosen": "nchw", "from": "file"}])"));
}

TEST(ResultJson, RecordsHoldSummarySamplesRanksAndFlags) {
  const Json record = result_json(sample_report())["cnnbench"]["records"][0];
  for (const char* key : {"model", "pass", "backend", "view", "layer", "kind", "output", "direction",
                          "implementation", "batch", "ranks", "threads", "flops", "bytes", "stop_reason"})
    EXPECT_TRUE(record.contains(key)) << key;
  for (const char* key : {"n", "mean", "sd", "median", "median_interval", "min", "max", "lower_quartile",
                          "upper_quartile", "p95", "p99", "mad", "outliers", "total"})
    EXPECT_TRUE(record["summary"].contains(key)) << key;
  EXPECT_EQ(record["samples"], Json({1.245, 1.25, 1.255}));
  EXPECT_EQ(record["per_rank"][0]["slowest_steps"], 3);
  EXPECT_EQ(record["flags"], Json({"noisy"}));
  EXPECT_EQ(record["conditions"], Json({{"seconds", 2.0},
                                        {"involuntary_switches", 12},
                                        {"throttled_seconds", nullptr},
                                        {"slowdown", 1.25},
                                        {"cache_slowdown", nullptr},
                                        {"memory_slowdown", nullptr},
                                        {"canaries",
                                         {{"cores_seconds", {nullptr, nullptr}},
                                          {"cache_seconds", {nullptr, 0.002}},
                                          {"memory_seconds", {nullptr, nullptr}}}},
                                        {"steal_share", 0.25},
                                        {"other_load", nullptr},
                                        {"settle_seconds", 0.5},
                                        {"unsettled_blocks", 2}}));
  EXPECT_TRUE(record["summary"]["median_interval"].is_null());
  EXPECT_TRUE(record["imbalance"].is_null());
}

TEST(ResultJson, KeepsEveryStepOfEveryRank) {
  Report report = sample_report();
  StepTimes steps{"pool1", {0, 1},     {{1.0000000004, 5}, {2, 5}}, {{2, 1}, {2, 2.5}}, 7, 5.5,
                  1e-6,    OverRanks()};
  steps.over_ranks->start_skew.median = 0.5;
  std::vector<StepTimes>& all = of_vgg16(report).views[View::prefix].steps;
  all = {steps};
  steps.over_ranks.reset();
  all.push_back(steps);

  const Json found = result_json(report)["cnnbench"]["steps"];

  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0]["view"], "prefix");
  EXPECT_EQ(found[0]["layer"], "pool1");
  EXPECT_EQ(found[0]["bursts"], Json({0, 1}));
  EXPECT_EQ(found[0]["burst_seconds"], 7.0);
  EXPECT_EQ(found[0]["step_seconds"], 5.5);
  EXPECT_EQ(found[0]["clock_error_seconds"], 1e-6);
  EXPECT_EQ(found[0]["over_ranks"]["start_skew"]["median"], 0.5);
  EXPECT_TRUE(found[0]["over_ranks"].contains("longest"));
  EXPECT_EQ(
      found[0]["ranks"][0],
      Json({{"rank", 0}, {"start_seconds", {1.0, 5.0}}, {"seconds", {2.0, 1.0}}}));  // to the nanosecond
  EXPECT_EQ(found[0]["ranks"][1]["seconds"], Json({2.0, 2.5}));
  EXPECT_TRUE(found[1]["over_ranks"].is_null());
}

TEST(ResultJson, SaysHowTheClocksOfTheNodesCompare) {
  Report report = sample_report();
  report.node_clocks = {{0, 0, {}, 0}, {4, -0.25, 1e-6, 5e-6}};
  const Json nodes = result_json(report)["cnnbench"]["clock"]["nodes"];
  EXPECT_TRUE(nodes[0]["drift"].is_null());
  EXPECT_EQ(nodes[1],
            Json({{"first_rank", 4}, {"offset_seconds", -0.25}, {"drift", 1e-6}, {"error_seconds", 5e-6}}));
}

TEST(ResultJson, FlopsOfNoughtStayNoughtAndHaveNoRate) {
  const Json record = result_json(sample_report())["cnnbench"]["records"][0];
  EXPECT_EQ(record["flops"], 0);
  EXPECT_TRUE(record["gflops_per_second"].is_null());
}

TEST(ResultJson, WhatIsUndefinedOrNotFiniteIsNull) {
  Report report = sample_report();
  Record& network = of_vgg16(report).views[View::network].records[0];
  network.summary.sd.reset();
  network.summary.max = std::numeric_limits<double>::infinity();
  network.samples[1] = std::numeric_limits<double>::quiet_NaN();
  const Json record = result_json(report)["cnnbench"]["records"][0];
  EXPECT_TRUE(record["summary"]["sd"].is_null());
  EXPECT_TRUE(record["summary"]["max"].is_null());
  EXPECT_TRUE(record["samples"][1].is_null());
}

TEST(ResultJson, VerificationTellsWhatFailed) {
  Report report = sample_report();
  report.verified = true;
  of_vgg16(report).checks = {{"conv1", Tensor::output, 10, 10, 0.5, 1e-5, false, "element 3"}};
  const Json verification = result_json(report)["cnnbench"]["verification"];
  EXPECT_EQ(verification["passed"], false);
  EXPECT_EQ(verification["checks"][0]["message"], "element 3");
}

TEST(ResultJson, RecordsHaveTheErrorOfWhatTheyComputed) {
  Report report = sample_report();
  const auto check = [](Tensor tensor, double error) {
    return Check{"conv1", tensor, 10, 10, 0, 1, true, "", error};
  };
  of_vgg16(report, "a").checks = {check(Tensor::output, 1)};
  of_vgg16(report, "b").checks = {check(Tensor::input, 2), check(Tensor::output, 3e-7),
                                  check(Tensor::input_gradient, 4e-7), check(Tensor::weights_gradient, 5e-7)};
  std::map<View, ViewReport>& views = of_vgg16(report, "b").views;
  Record& record = views[View::layers].records.emplace_back(network_record(1.25, 0.005, 3));
  record.layer = "conv1";
  record.direct_equivalent = true;
  for (const auto& [direction, error] : {std::pair(Direction::forward, 3e-7),
                                         {Direction::backward_data, 4e-7},
                                         {Direction::backward_weights, 5e-7}}) {
    record.direction = direction;
    const Json own = result_json(report)["cnnbench"];
    EXPECT_EQ(own["records"][2]["l2_error"], error);
    EXPECT_EQ(own["records"][2]["direct_equivalent"], true);
    EXPECT_EQ(own["verification"]["checks"][2]["l2_error"], 3e-7);
  }
  record.direction = Direction::reorder;
  EXPECT_TRUE(result_json(report)["cnnbench"]["records"][2].at("l2_error").is_null());
  record.direction = Direction::forward;
  views[View::isolated] = std::exchange(views[View::layers], {});  // another program than the verified one
  EXPECT_TRUE(result_json(report)["cnnbench"]["records"][2].at("l2_error").is_null());
}

TEST(ResultJson, HoldsTheCeilingsWhereTheyWereMeasured) {
  Report report = sample_report();
  report.ceilings = Ceilings{1.5e11, "AVX2+FMA", 2, {2.5e10, 1.5e11}};
  report.canary_references.resize(1);
  report.canary_references[0][Part::memory] = 0.001;
  const Json machine = result_json(report)["cnnbench"]["machine"];
  EXPECT_EQ(machine["ceilings"],
            Json::parse(R"({"fma_flops_per_second": 1.5e11, "instruction_set": "AVX2+FMA",
                                       "threads": 2, "fma_flops_per_second_measured": [2.5e10, 1.5e11]})"));
  EXPECT_EQ(machine["canary_references"],
            Json::parse(R"({"cores_seconds": [null], "cache_seconds": [null], "memory_seconds": [0.001]})"));
}

TEST(ResultJson, SetUpsHaveTheTimeOfTheWeightsApartOrNull) {
  Report report = sample_report();
  of_vgg16(report).setup = cnnbench::Setup{2, 1, {}, "", {}, {}, 0.25};
  of_vgg16(report, "other").setup = cnnbench::Setup{2, 1, {}, "", {}};
  const Json setups = result_json(report)["cnnbench"]["setups"];
  EXPECT_EQ(setups[0]["weights_seconds"], 0.25);
  EXPECT_TRUE(setups[1].at("weights_seconds").is_null());
}

}  // namespace
}  // namespace cnnbench
