#include "harness/measure/make_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/harness/measure/fake_backend.h"

namespace cnnbench {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t batch = 4;

/// conv 3→2, 3×3 over 6×6 → 4×4; dense 32 → 5. 2·54·16 = 1728 and 2·160 = 320 FLOPs an image.
Model two_layers() {
  return build_model(
      "two", "", {3, 6, 6},
      {{"c", Convolution{.filters = 2, .kernel = {3, 3}, .padding = {}}}, {"d", Dense{.units = 5}}},
      Loss::l2);
}

RecordContext context(Pass pass = Pass::forward) {
  RecordContext result;
  result.pass = pass;
  result.batch = batch;
  result.timing.precision = 0;
  return result;
}

/// Samples of one part of one rank.
Samples samples_of(const std::vector<double>& seconds) {
  return {{seconds}, {seconds}, StopReason::steps, {}, {std::vector<double>(seconds.size())}};
}

std::vector<std::string> texts(const Record& record) {
  std::vector<std::string> list;
  for (const Flag& flag : record.flags) list.push_back(flag.text);
  return list;
}

Record whole_step(const RecordContext& context, const Samples& samples) {
  return whole_step_record(context, two_layers(), {}, samples).value();
}

TEST(WholeStepRecord, SaysWhatWasMeasured) {
  RecordContext c = context(Pass::forward_backward);
  c.ranks = 1;
  c.threads = 3;
  const Record record = whole_step(c, samples_of({1, 2, 3}));

  EXPECT_EQ(record.layer, "");
  EXPECT_EQ(record.direction, std::nullopt);
  EXPECT_EQ(record.batch, batch);
  EXPECT_EQ(record.threads, 3);
  EXPECT_EQ(record.stop_reason, StopReason::steps);
  EXPECT_THAT(record.samples, ElementsAre(1, 2, 3));
  EXPECT_EQ(record.summary.n, 3);
  EXPECT_EQ(record.summary.mean, 2);
  EXPECT_FALSE(record.imbalance);
  EXPECT_THAT(texts(record), IsEmpty());
}

// Forward; going back, weights of both layers and data of all but the first.
TEST(WholeStepRecord, CountsTheWorkOfThePass) {
  EXPECT_EQ(whole_step(context(), samples_of({1})).flops, batch * (1728 + 320));
  EXPECT_EQ(whole_step(context(Pass::forward_backward), samples_of({1})).flops, batch * (2 * 1728 + 3 * 320));
  EXPECT_EQ(step_flops(two_layers(), Pass::train, batch), batch * (2 * 1728 + 3 * 320));
  // Input, parameters and output of both, in 4 bytes each.
  const std::int64_t elements = batch * (108 + 32) + 56 + batch * (32 + 5) + 165;
  EXPECT_EQ(whole_step(context(), samples_of({1})).bytes, 4 * elements);
}

TEST(WholeStepRecord, IsNoneWithoutSamples) {
  EXPECT_FALSE(whole_step_record(context(), two_layers(), {}, {}));
  EXPECT_FALSE(whole_step_record(context(), two_layers(), {}, samples_of({})));
}

TEST(WholeStepRecord, ComparesTheRanks) {
  RecordContext c = context();
  c.ranks = 3;
  c.hosts = {"a", "b", "c"};
  // Slowest in turn: rank 2, rank 0, rank 2, rank 1 (of equals the first). Rank 2 begins the third step late.
  Samples samples;
  samples.starts = {{0, 4, 8, 20}, {0, 4, 8, 20}, {0, 4, 10, 20}};
  samples.per_rank = {{1, 4, 2, 1}, {2, 2, 4, 5}, {3, 1, 6, 5}};
  samples.slowest = {{3, 4, 6, 5}};

  const Record record = whole_step(c, samples);

  ASSERT_EQ(record.per_rank.size(), 3U);
  EXPECT_EQ(record.per_rank[0].slowest_steps, 1);
  EXPECT_EQ(record.per_rank[1].slowest_steps, 1);
  EXPECT_EQ(record.per_rank[2].slowest_steps, 2);
  EXPECT_EQ(record.per_rank[1].rank, 1);
  EXPECT_EQ(record.per_rank[0].summary.mean, 2);
  EXPECT_EQ(record.per_rank[2].summary.max, 6);
  ASSERT_TRUE(record.imbalance);
  EXPECT_DOUBLE_EQ(*record.imbalance, 2);
  EXPECT_THAT(record.samples, ElementsAre(3, 4, 8, 5));
  EXPECT_EQ(record.over_ranks.value().longest.total, 3 + 4 + 6 + 5);
  EXPECT_EQ(record.over_ranks.value().start_skew.max, 2);
  EXPECT_THAT(
      texts(record),
      ElementsAre("the slowest rank takes 2.00 times as long as the median of the others; slowest in "
                  "2 of 4 steps: rank 2 on c",
                  "the steps of all ranks take 1.11 times as long as those of the slowest rank alone: "
                  "the ranks do not run at the same time. Do they share cores?"));
  EXPECT_THAT(seconds_of_steps(samples), ElementsAre(3, 4, 6, 5));
}

TEST(LayersExplain, WhereTheIntervalOfTheShareReachesIntoFivePerCent) {
  cnnbench::Setup setup;
  EXPECT_TRUE(layers_explain(setup));
  for (const double sign : {1.0, -1.0}) {
    setup.unattributed_share = sign * 0.2;
    setup.unattributed_interval = std::nullopt;
    EXPECT_FALSE(layers_explain(setup));
    setup.unattributed_share = sign * 0.04;
    EXPECT_TRUE(layers_explain(setup));
    setup.unattributed_share = sign * 0.2;
    setup.unattributed_interval = sign > 0 ? Interval{0.04, 0.4} : Interval{-0.4, -0.04};
    EXPECT_TRUE(layers_explain(setup));
    setup.unattributed_interval = sign > 0 ? Interval{0.06, 0.4} : Interval{-0.4, -0.06};
    EXPECT_FALSE(layers_explain(setup));
  }
}

TEST(WholeStepRecord, FlagsAClockThatIsTooDearOrTooCoarse) {
  RecordContext c = context();
  c.clock = {0.06, 0.11};
  EXPECT_THAT(
      texts(whole_step(c, samples_of({1}))),
      ElementsAre("reading the clock takes 6 % of this time", "the clock's resolution is 11 % of this time"));
  c.clock = {0.05, 0.10};
  EXPECT_THAT(texts(whole_step(c, samples_of({1}))), IsEmpty());
}

TEST(WholeStepRecord, FlagsOutliersAndKeepsThem) {
  const Record record = whole_step(context(), samples_of({1, 1.1, 1.2, 1.3, 1.4, 9}));

  EXPECT_EQ(record.summary.max, 9);
  EXPECT_EQ(record.samples.size(), 6U);
  EXPECT_THAT(texts(record), ElementsAre("1 of 6 steps is an outlier (kept)"));
}

TEST(WholeStepRecord, FlagsAMedianThatIsLessPreciseThanAskedFor) {
  RecordContext c = context();
  c.timing.precision = 0.01;
  // Of six samples the interval of the median goes from the first to the last: ±25 % of 1.
  Samples samples = samples_of({0.75, 1, 1, 1, 1, 1.25});
  EXPECT_THAT(texts(whole_step(c, samples)),
              Contains("the median is known to ±25.0 % only (asked for: ±1.0 %)"));
  EXPECT_THAT(texts(whole_step(c, samples_of({1, 1, 1}))),
              ElementsAre("too few steps for an interval of the median"));

  samples.stop_reason = StopReason::precision;
  EXPECT_THAT(texts(whole_step(c, samples)), ::testing::Not(Contains(::testing::HasSubstr("the median"))));
}

TEST(LayerRecord, IsOfOnePartOfTheSamples) {
  const Samples samples{{{1, 2}, {3, 5}}, {{4, 7}}, StopReason::max_seconds, {}, {{0, 8}}};

  const Record record =
      layer_record(context(), two_layers(), {1, Direction::forward, "jit + copy"}, samples, 1).value();

  EXPECT_EQ(record.layer, "d");
  EXPECT_EQ(record.kind, "dense");
  EXPECT_EQ(record.output, Shape{5});
  EXPECT_EQ(record.direction, Direction::forward);
  EXPECT_EQ(record.implementation, "jit + copy");
  EXPECT_EQ(record.flops, batch * 320);
  EXPECT_EQ(record.bytes, 4 * (batch * (32 + 5) + 165));
  EXPECT_THAT(record.samples, ElementsAre(3, 5));
  EXPECT_EQ(record.stop_reason, StopReason::max_seconds);
  EXPECT_THAT(record.per_rank, IsEmpty());
  EXPECT_FALSE(record.direct_equivalent);
}

TEST(LayerRecord, IsDirectEquivalentWhereItsOperationsAre) {
  const OperationGroup group{0, Direction::forward, "winograd", "", 1, true};
  EXPECT_TRUE(layer_record(context(), two_layers(), group, samples_of({1}), 0).value().direct_equivalent);
}

TEST(LayerRecord, OfTheLossReadsWhatEntersIt) {
  const Samples samples = samples_of({1});
  const Record record =
      layer_record(context(), two_layers(), {2, Direction::forward, "l2"}, samples, 0).value();
  const Record back =
      layer_record(context(), two_layers(), {2, Direction::backward_data, "l2"}, samples, 0).value();

  EXPECT_EQ(record.layer, "loss");
  EXPECT_EQ(record.kind, "loss");
  EXPECT_EQ(record.flops, 0);
  EXPECT_EQ(record.bytes, 4 * batch * 5);
  EXPECT_EQ(back.bytes, 2 * 4 * batch * 5);
}

TEST(LayerRecord, IsNoneWithoutSamples) {
  EXPECT_FALSE(layer_record(context(), two_layers(), {0, Direction::forward, ""}, samples_of({}), 0));
  EXPECT_FALSE(layer_record(context(), two_layers(), {0, Direction::forward, ""}, samples_of({1}), 1));
}

}  // namespace
}  // namespace cnnbench
