#include "harness/report/csv.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <limits>

#include "tests/harness/report/report_fixture.h"

namespace cnnbench {
namespace {

using testing::layer_record;
using testing::network_record;

TEST(Csv, QuotesWhatRfc4180WantsQuoted) {
  EXPECT_EQ(csv_row({"plain", "a,b", "say \"so\"", "two\nlines", ""}),
            "plain,\"a,b\",\"say \"\"so\"\"\",\"two\nlines\",\n");
}

TEST(Csv, NumbersReadBackExactlyAndUndefinedIsEmpty) {
  EXPECT_EQ(std::stod(csv_number(0.1 + 0.2)), 0.1 + 0.2);
  EXPECT_EQ(csv_number(std::nullopt), "");
  EXPECT_EQ(csv_number(std::numeric_limits<double>::infinity()), "");
}

TEST(LayersCsv, HasARowARecordUnderTheHeader) {
  Report report;
  BackendReport& backend = testing::backend_in(report);
  backend.views[View::network].records = {network_record(1.5, std::nullopt, 1)};
  backend.views[View::layers].records = {
      layer_record("conv1", Direction::forward, 0.5, 0.125, 1'000'000'000, "jit:avx2 + simple:any")};
  Record& record = backend.views[View::layers].records[0];
  record.flags = {{"noise", "noisy", 1}, {"clock", "clock, coarse", 1}};
  record.direct_equivalent = true;
  record.layout = "acdb → aBcd16b";
  record.gap = Gap::cold;
  backend.checks = {{"conv1", Tensor::output, 9, 9, 0, 1, true, "", 3e-7}};
  record.summary.median_interval = Interval{0.25, 0.75};
  EXPECT_EQ(
      layers_csv(report),
      "model,pass,backend,view,layer,kind,output,direction,implementation,batch,ranks,threads,flops,bytes,n,"
      "mean_seconds,sd_seconds,median_seconds,median_low_seconds,median_high_seconds,min_seconds,max_seconds,"
      "p95_seconds,gflops_per_second,stop_reason,flags,direct_equivalent,l2_error,layout,gap\n"
      "net,forward,onednn,network,,,,step,,32,1,1,0,0,1,1.5,,1.5,,,1.5,1.5,1.5,,steps,,0,,,none\n"
      "net,forward,onednn,layers,conv1,conv,64x8x8,forward,jit:avx2 + simple:any,32,1,1,1000000000,0,10,"
      "0.5,0.125,0.5,0.25,0.75,0.375,0.625,0.625,2,steps,\"noisy; clock, coarse\",1,3e-07,acdb → "
      "aBcd16b,cold\n");
}

}  // namespace
}  // namespace cnnbench
