#include "harness/report/format.h"

#include <gmock/gmock.h>

#include <limits>

#include "tests/harness/report/report_fixture.h"

namespace cnnbench {
namespace {

using testing::hand_made;

TEST(Format, AColumnIsACodePointNotAByte) {
  EXPECT_EQ(display_width("1.2 ± 0.3 µs ×"), 14U);
  EXPECT_EQ(pad_left("µs", 4), "  µs");
  EXPECT_EQ(pad_right("×", 3), "×  ");
}

TEST(Format, CutsLongTextAtACodePointAndMarksTheCut) {
  EXPECT_EQ(fit("brgconv:avx512_core", 19), "brgconv:avx512_core");
  EXPECT_EQ(fit("brgconv:avx512_core", 9), "brgconv:…");
  EXPECT_EQ(fit("µµµµ", 3), "µµ…");
  EXPECT_EQ(fit("abc", 0), "");
}

TEST(Format, GroupsThousands) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(138357544), "138,357,544");
  EXPECT_EQ(grouped(-123456), "-123,456");
}

TEST(BinarySize, TakesTheUnitThatShowsTheSize) {
  EXPECT_EQ(binary_size(512), "512.0 B");
  EXPECT_EQ(binary_size(1.5 * 1024), "1.50 KiB");
  EXPECT_EQ(binary_size(56.0 * (1 << 20)), "56.0 MiB");
  EXPECT_EQ(binary_size(1.25 * (1 << 30)), "1.25 GiB");
}

TEST(Format, KeepsThreeToFourDigitsOfANumber) {
  EXPECT_EQ(short_number(0.12345), "0.123");
  EXPECT_EQ(short_number(1.2345), "1.23");
  EXPECT_EQ(short_number(9.999), "10.0");
  EXPECT_EQ(short_number(999.96), "1,000");
  EXPECT_EQ(short_number(12345.6), "12,346");
  EXPECT_EQ(short_number(std::numeric_limits<double>::infinity()), "-");
  EXPECT_EQ(scaled(30940528640.0, "FLOP"), "30.9 GFLOP");
}

// The published figures of the MLP-versus-CNN question: multiplications 668,672 against 10,903,680, time 16 s
// against 28 s.
TEST(Format, RatiosHaveTheDigitsThatMatter) {
  EXPECT_EQ(ratio(10903680, 668672), "16.3×");
  EXPECT_EQ(ratio(28, 16), "1.75×");
  EXPECT_EQ(ratio(110986, 669706), "0.17×");
  EXPECT_EQ(ratio(5958, 669706), "0.0089×");
  EXPECT_EQ(ratio(3, 3), "1×");
  EXPECT_EQ(ratio(12345, 10), "1,235×");
  EXPECT_EQ(ratio(1, 0), "-");
}

TEST(Format, TimePerBatchIsInTheUnitOfItsMean) {
  EXPECT_EQ(format_time_per_batch(hand_made(1.234, 0.005, 100)), "1.234 ± 0.005 s/batch");
  EXPECT_EQ(format_time_per_batch(hand_made(0.0123456, 0.000123, 100)), "12.346 ± 0.123 ms/batch");
  EXPECT_EQ(format_time_per_batch(hand_made(45.6e-6, 1.2e-6, 100)), "45.600 ± 1.200 µs/batch");
}

TEST(Format, TimePerBatchOfOneStepHasNoSpread) {
  EXPECT_EQ(format_time_per_batch(hand_made(1.234, std::nullopt, 1)), "1.234 s/batch");
}

TEST(Format, ASmallSpreadIsNotShownAsZero) {
  EXPECT_EQ(format_time_per_batch(hand_made(1.234567, 0.00004, 100)), "1.23457 ± 0.00004 s/batch");
}

TEST(Format, ATimeColumnSharesAUnitAndLinesUp) {
  const std::vector<std::optional<TimeValue>> values = {TimeValue{0.0015, 0.0001}, TimeValue{0.1234, 0.0123},
                                                        std::nullopt, TimeValue{0.002, std::nullopt}};
  const TimeColumn column = time_column(values, Spread::sd, time_scale(values, Spread::sd));
  EXPECT_EQ(column.unit, "ms ± sd");
  EXPECT_THAT(column.cells,
              ::testing::ElementsAre("  1.50 ±  0.10", "123.40 ± 12.30", "     -        ", "  2.00        "));
}

TEST(Format, ATimeColumnShowsSpreadsInPerCentWhereAsked) {
  const std::vector<std::optional<TimeValue>> values = {TimeValue{2e-6, 1e-7}, TimeValue{40e-6, 10e-6}};
  const TimeColumn column = time_column(values, Spread::percent, time_scale(values, Spread::percent));
  EXPECT_EQ(column.unit, "µs ±%");
  EXPECT_THAT(column.cells, ::testing::ElementsAre(" 2.00 ± 5.0", "40.00 ±25.0"));
}

TEST(Format, PhrasesAreKeptWholeOnTheirLines) {
  const std::vector<std::string> phrases(4, "a phrase of thirty two columns ±");
  const std::string text =
      testing::printed([&](std::ostream& out) { print_phrases(out, phrases, "; ", "  ", "- "); });
  const std::string phrase = phrases.front();
  EXPECT_EQ(text, "- " + phrase + "; " + phrase + ";\n  " + phrase + "; " + phrase + "\n");
}

TEST(Format, NothingHasARateWithoutWorkOrTime) {
  EXPECT_FALSE(gflops_per_second(0, 1));
  EXPECT_FALSE(gflops_per_second(100, 0));
  EXPECT_DOUBLE_EQ(gflops_per_second(3'000'000'000, 1.5).value(), 2.0);
}

}  // namespace
}  // namespace cnnbench
