// What winograd:tune chooses, and that the network runs the tiles that were chosen.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "kernels/onednn/program.h"
#include "kernels/onednn/winograd_choice.h"
#include "tests/kernels/onednn/winograd_chain.h"

namespace cnnbench {
namespace {

using onednn::DirectionSeconds;
using onednn::fastest;
using onednn::LayerChoice;
using onednn::LayerSeconds;
using onednn::TileSizes;
using ::testing::HasSubstr;

// Forward, backward data, backward weights, reorders.
constexpr DirectionSeconds six{6, 6, 6, 0};

TEST(OneDnnWinogradChoice, IsOfTheFasterTilesInEachDirection) {
  const LayerChoice choice = fastest({.winograd = {{{3, 2, 2, 0}, {2, 3, 3, 0}}}, .direct = six}, {});

  ASSERT_TRUE(choice.winograd.has_value());
  EXPECT_EQ(choice.winograd->forward, 2);
  EXPECT_EQ(choice.winograd->backward_data, 1);
  EXPECT_EQ(choice.winograd->backward_weights, 1);
}

TEST(OneDnnWinogradChoice, IsOfTheExpectedTilesUnlessOthersAreClearlyFaster) {
  const auto forward = [](double small, double large, int expected) {
    const LayerSeconds seconds{.winograd = {{{small, 1, 1, 0}, {large, 1, 1, 0}}}};
    return fastest(seconds, {.forward = expected}).winograd->forward;
  };
  EXPECT_EQ(forward(1, 0.97, 1), 1);
  EXPECT_EQ(forward(1, 0.94, 1), 2);
  EXPECT_EQ(forward(0.97, 1, 2), 2);
  EXPECT_EQ(forward(0.94, 1, 2), 1);
}

TEST(OneDnnWinogradChoice, IsTheLibraryWhereThatIsFasterInAllDirectionsTogether) {
  const auto ours = [](const DirectionSeconds& small, const DirectionSeconds& large) {
    return fastest({.winograd = {{small, large}}, .direct = six}, {}).winograd.has_value();
  };
  EXPECT_FALSE(ours({7, 8, 5, 0}, {8, 7, 5, 0}));      // 19 against 18
  EXPECT_FALSE(ours({5, 6, 6, 1.5}, {5, 6, 6, 1.5}));  // by the reorders
  EXPECT_TRUE(ours({7, 8, 1, 0}, {8, 7, 1, 0}));
  EXPECT_TRUE(ours({5, 9, 9, 0}, {9, 6, 6, 0}));  // each direction by its faster tiles
}

TEST(OneDnnWinogradChoice, IsTheLibrarysOwnWinogradWhereThatIsTheFastest) {
  constexpr std::array<DirectionSeconds, 2> slow{{{9, 9, 9, 0}, {9, 9, 9, 0}}};
  constexpr DirectionSeconds five{5, 5, 5, 0};

  EXPECT_TRUE(fastest({.winograd = slow, .direct = six}, {}).direct);
  EXPECT_TRUE(fastest({.winograd = slow, .direct = five, .own_winograd = six}, {}).direct);
  const LayerChoice own = fastest({.winograd = slow, .direct = six, .own_winograd = five}, {});
  EXPECT_FALSE(own.direct);
  EXPECT_FALSE(own.winograd.has_value());
}

TEST(OneDnnWinogradChoice, IsOursWhereTheLibraryCannot) {
  EXPECT_TRUE(fastest({.winograd = {{{7, 8, 5, 0}, {8, 7, 5, 0}}}}, {}).winograd.has_value());
}

TEST(OneDnnWinogradChoice, OfTilesIsThatOfTheOperations) {
  const Model model = chain().model();
  const TileSizes sizes{.forward = 1, .backward_data = 2, .backward_weights = 1};
  const auto program = onednn::make_program(model, {Pass::forward_backward, 2, 2, 1},
                                            {.winograd = onednn::WinogradUse::all, .tiles = sizes});

  int found = 0;
  for (const Operation& operation : program->operations()) {
    if (!on_winograd(operation)) continue;
    ++found;
    EXPECT_THAT(operation.implementation,
                HasSubstr(operation.direction == Direction::backward_data ? ":f6x6" : ":f4x4"));
  }
  EXPECT_GT(found, 12);
}

}  // namespace
}  // namespace cnnbench
