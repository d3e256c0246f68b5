#include <gmock/gmock.h>

#include "tests/harness/report/report_fixture.h"

namespace cnnbench {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::printed;
using testing::small_model;
using testing::widest_line;

// By hand for batch 2: conv1 has 64·1·3·3 weights, 2·576·64 FLOPs an image, and moves 4·(2·64 + 2·4096 + 640)
// bytes; fc has 10·4096 weights, 2·40960 FLOPs an image, and moves 4·(2·4096 + 2·10 + 40970) bytes forward.
TEST(Describe, CsvHoldsPlainNumbers) {
  EXPECT_EQ(printed([](std::ostream& out) { describe_csv(out, small_model(), 2); }),
            "layer,kind,output,receptive_field,weights,biases,forward_flops_per_image,backward_data_flops_"
            "per_image,"
            "backward_weights_flops_per_image,batch,forward_bytes,backward_data_bytes,backward_weights_bytes,"
            "flop_per_byte\n"
            "conv1,conv,64x8x8,3,576,64,73728,0,73728,2,35840,0,35840,4.114285714285714\n"
            "fc,dense,10x1x1,10,40960,10,81920,81920,81920,2,196728,196688,196728,0.8328250172827457\n");
}

TEST(Describe, FlopPerByteIsEmptyWhereThereAreNoFlops) {
  const Model model = build_model(
      "pool", "", {1, 4, 4}, {{"p", Pooling{.kernel = {2, 2}, .stride = {2, 2}, .padding = {}}}}, Loss::l2);
  EXPECT_THAT(printed([&](std::ostream& out) { describe_csv(out, model, 1); }), EndsWith(",\n"));
  EXPECT_TRUE(describe_json(model, 1)["layers"][0]["flop_per_byte"].is_null());
  EXPECT_EQ(describe_json(model, 1)["layers"][0]["forward_flops_per_image"], 0);
}

TEST(Describe, TableOfVgg16HasTheKnownTotalsAndFitsTheConsole) {
  const std::string text = printed([](std::ostream& out) { describe_table(out, testing::vgg16(), 32); });
  EXPECT_LE(widest_line(text), 100U) << text;
  EXPECT_THAT(text, HasSubstr("138,357,544 parameters"));
  EXPECT_THAT(text, ::testing::ContainsRegex("conv1_2 +conv +64x224x224 +5 +36,864 +64 +3,699,376,128 "));
  EXPECT_THAT(text, ::testing::ContainsRegex("\ntotal +138,344,128 +13,416 "));
}

TEST(Describe, JsonHoldsTheSameAsCsv) {
  const auto json = describe_json(small_model(), 2);
  EXPECT_EQ(json["name"], "net");
  EXPECT_EQ(json["parameters"], 41610);
  EXPECT_EQ(json["layers"][1]["layer"], "fc");
  EXPECT_EQ(json["layers"][1]["forward_bytes"], 196728);
  EXPECT_EQ(json["total"]["forward_flops_per_image"], 155648);
}

}  // namespace
}  // namespace cnnbench
