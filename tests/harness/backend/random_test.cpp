#include "harness/backend/random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

namespace cnnbench {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using Fill = std::function<void(std::span<float>, std::uint64_t first)>;

std::vector<float> filled(std::size_t size, const Fill& fill) {
  std::vector<float> values(size);
  fill(values, 0);
  return values;
}

double mean_of_power(const std::vector<float>& values, int power) {
  double sum = 0;
  for (const float value : values) sum += std::pow(value, power);
  return sum / static_cast<double>(values.size());
}

// The three philox4x32 vectors of 10 rounds in tests/kat_vectors of Random123 1.14.
TEST(Philox, GivesTheKnownAnswersOfRandom123) {
  EXPECT_THAT(philox({0, 0, 0, 0}, {0, 0}), ElementsAre(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8));
  EXPECT_THAT(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
              ElementsAre(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd));
  EXPECT_THAT(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
              ElementsAre(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1));
}

TEST(FillUniform, TakesTheUpper24BitsOfEachWordInOrder) {
  const auto values = filled(4, [](auto span, auto) { fill_uniform(span, 0, 0, 0.0f, 1.0f); });

  EXPECT_THAT(values, ElementsAre(0x6627e8 / 16777216.0f, 0xe169c5 / 16777216.0f, 0xbc57ac / 16777216.0f,
                                  0x9b00db / 16777216.0f));
}

TEST(FillUniform, PutsBlockAndStreamIntoTheCounterAndTheSeedIntoTheKey) {
  const std::uint64_t block = 0x1'0000'0003;
  std::vector<float> values(4);

  fill_uniform(values, 0x0000'0007'0000'0006, 0x0000'0005'0000'0004, 0.0f, 1.0f, 4 * block);

  const auto words = philox({3, 1, 4, 5}, {6, 7});
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(values[i], static_cast<float>(words[i] >> 8) / 16777216.0f);
}

class Fills : public ::testing::TestWithParam<Fill> {};

TEST_P(Fills, DoNotDependOnHowTheyAreCutIntoPieces) {
  const std::vector<float> whole = filled(1003, GetParam());
  std::vector<float> pieces(1003);

  const std::span<float> all(pieces);
  GetParam()(all.subspan(0, 4), 0);
  GetParam()(all.subspan(4, 600), 4);
  GetParam()(all.subspan(604), 604);

  EXPECT_EQ(whole, pieces);
}

INSTANTIATE_TEST_SUITE_P(
    All, Fills,
    ::testing::Values([](std::span<float> v, std::uint64_t first) { fill_uniform(v, 3, 5, -2, 7, first); },
                      [](std::span<float> v, std::uint64_t first) { fill_normal(v, 3, 5, 1, 2, first); },
                      [](std::span<float> v, std::uint64_t first) { fill_mask(v, 3, 5, 0.3f, first); }));

// The bounds of the moments are five standard errors of a sample of 2^18.
constexpr std::size_t many = 1 << 18;

TEST(FillUniform, HasTheMomentsOfTheDistributionAndStaysInRange) {
  const auto values = filled(many, [](auto span, auto) { fill_uniform(span, 11, 1, -3.0f, 3.0f); });

  EXPECT_THAT(values, Each(::testing::AllOf(::testing::Ge(-3.0f), ::testing::Lt(3.0f))));
  EXPECT_NEAR(mean_of_power(values, 1), 0, 5 * std::sqrt(3.0 / many));
  EXPECT_NEAR(mean_of_power(values, 2), 3, 5 * std::sqrt((81.0 / 5 - 9) / many));
}

TEST(FillNormal, HasTheMomentsOfTheDistribution) {
  const auto values = filled(many, [](auto span, auto) { fill_normal(span, 11, 1, 0.0f, 1.0f); });

  EXPECT_NEAR(mean_of_power(values, 1), 0, 5 * std::sqrt(1.0 / many));
  EXPECT_NEAR(mean_of_power(values, 2), 1, 5 * std::sqrt(2.0 / many));
  EXPECT_NEAR(mean_of_power(values, 3), 0, 5 * std::sqrt(15.0 / many));
  EXPECT_NEAR(mean_of_power(values, 4), 3, 5 * std::sqrt(96.0 / many));
}

TEST(FillNormal, ScalesAndShifts) {
  const auto unit = filled(100, [](auto span, auto) { fill_normal(span, 11, 1, 0.0f, 1.0f); });
  const auto scaled = filled(100, [](auto span, auto) { fill_normal(span, 11, 1, 5.0f, 2.0f); });

  for (std::size_t i = 0; i < 100; ++i) EXPECT_NEAR(scaled[i], 5 + 2 * unit[i], 1e-5);
}

TEST(FillMask, KeepsTheAskedShareAndScalesItByTheInverse) {
  const auto mask = filled(many, [](auto span, auto) { fill_mask(span, 11, 1, 0.8f); });

  EXPECT_THAT(mask, Each(::testing::AnyOf(0.0f, 1.25f)));
  EXPECT_NEAR(mean_of_power(mask, 1), 1, 5 * 1.25 * std::sqrt(0.8 * 0.2 / many));
}

TEST(FillMask, KeepsEverythingWhereTheShareIsOne) {
  EXPECT_THAT(filled(many, [](auto span, auto) { fill_mask(span, 11, 1, 1.0f); }), Each(1.0f));
}

TEST(Streams, DifferBySeedAndByStream) {
  const auto fill = [](std::uint64_t seed, std::uint64_t stream) {
    return filled(8, [=](auto span, auto) { fill_uniform(span, seed, stream, 0, 1); });
  };

  EXPECT_NE(fill(1, 1), fill(2, 1));
  EXPECT_NE(fill(1, 1), fill(1, 2));
  EXPECT_NE(fill(1, 1), fill(1, std::uint64_t{1} << 40));
  EXPECT_NE(fill(1, 1), fill(1 + (std::uint64_t{1} << 32), 1));
}

}  // namespace
}  // namespace cnnbench
