#include <gmock/gmock.h>

#include "tests/harness/report/backend_fixture.h"

namespace cnnbench {
namespace {

using testing::backend_in;
using testing::BackendRecords;
using testing::give_samples;
using ::testing::HasSubstr;

constexpr const char* head =
    "model,pass,scope,layer,direction,backend,median_seconds,median_low_seconds,median_high_seconds,relative_"
    "to,ratio,ratio_low,ratio_high,fastest,gflops_per_second,implementation,reason\n";

/// All steps of a record take as long as each other.
void make_steady(Report& report, std::size_t steps) {
  for (BackendReport& backend : testing::pass_in(report).backends)
    for (auto& [view, found] : backend.views)
      for (Record& record : found.records)
        give_samples(record, std::vector<double>(steps, record.summary.median));
}

/// Two backends whose seven steps are all alike, so that medians are exact; too few for a ratio's interval.
Report two_backends() {
  Report report;
  BackendRecords(report, "a").network(0.5).layer("conv1", 0.25, Direction::forward, 1'000'000'000);
  BackendRecords(report, "b:x=1").network(0.25).layer("conv1", 0.125, Direction::forward, 1'000'000'000);
  make_steady(report, 7);
  return report;
}

TEST(BackendsCsv, HasARowForEachLayerSumNetworkAndBackendAndTheBound) {
  EXPECT_EQ(backends_csv(two_backends()),
            std::string(head) +
                "net,forward,layer,conv1,all,a,0.25,0.25,0.25,a,1,1,1,0,4,a's,\n"
                "net,forward,layer,conv1,all,b:x=1,0.125,0.125,0.125,a,0.5,,,0,8,b:x=1's,\n"
                "net,forward,sum,sum of layers,all,a,0.25,0.25,0.25,a,1,1,1,0,4,,\n"
                "net,forward,sum,sum of layers,all,b:x=1,0.125,0.125,0.125,a,0.5,,,0,8,,\n"
                "net,forward,network,network,all,a,0.5,0.5,0.5,a,1,1,1,0,,,\n"
                "net,forward,network,network,all,b:x=1,0.25,0.25,0.25,a,0.5,,,0,,,\n"
                "net,forward,bound,fastest per layer,all,,0.125,,,a,0.5,,,0,,conv1 b:x=1,\n");
}

TEST(BackendsCsv, AFailedBackendHasRowsWithItsReasonAndNoNumbers) {
  Report report = two_backends();
  testing::pass_in(report).backends.pop_back();
  backend_in(report, "b").failures = {{"conv1", Failure::Reason::unsupported, "no groups, sorry"}};
  EXPECT_THAT(backends_csv(report), HasSubstr("net,forward,layer,conv1,all,b,,,,a,,,,0,,,"
                                              "\"unsupported: no groups, sorry\"\n"));
}

TEST(BackendsCsv, IsEmptyForARunOfOneBackend) {
  Report report = two_backends();
  testing::pass_in(report).backends.pop_back();
  EXPECT_EQ(backends_csv(report), "");
  EXPECT_EQ(backend_comparison_json(report), nlohmann::ordered_json::array());
}

TEST(BackendComparisonJson, HasTheColumnsOfTheTableWithNullForUnknown) {
  const nlohmann::ordered_json rows = result_json(two_backends())["cnnbench"]["backend_comparison"];
  ASSERT_EQ(rows.size(), 7U);
  EXPECT_EQ(rows[1]["backend"], "b:x=1");
  EXPECT_EQ(rows[1]["ratio"], 0.5);
  EXPECT_EQ(rows[1]["fastest"], 0);
  EXPECT_TRUE(rows[1]["ratio_low"].is_null());
  EXPECT_TRUE(rows[6]["ratio_low"].is_null());
}

TEST(BackendComparisonJson, NamesTheFastestWhereThereAreStepsEnough) {
  Report report = two_backends();
  make_steady(report, 20);
  const nlohmann::ordered_json rows = result_json(report)["cnnbench"]["backend_comparison"];
  EXPECT_EQ(rows[0]["fastest"], 0);
  EXPECT_EQ(rows[1]["fastest"], 1);
  EXPECT_LT(rows[1]["ratio_low"], 0.5);
  EXPECT_GT(rows[1]["ratio_high"], 0.5);
}

}  // namespace
}  // namespace cnnbench
