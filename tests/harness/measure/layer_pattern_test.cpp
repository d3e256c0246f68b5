#include "harness/measure/layer_pattern.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace cnnbench {
namespace {

TEST(LayerPattern, MatchesAnywhereInAName) {
  EXPECT_TRUE(LayerPattern("conv[12]_|fc").matches("conv1_1"));
  EXPECT_TRUE(LayerPattern("conv[12]_|fc").matches("fc6_drop"));
  EXPECT_TRUE(LayerPattern("^fc\\d$").matches("fc8"));
  EXPECT_FALSE(LayerPattern("^fc\\d$").matches("fc6_drop"));
  EXPECT_FALSE(LayerPattern("Conv").matches("conv1"));
}

/// With backtracking, each of these would take longer than the universe has lasted, or all of the stack.
TEST(LayerPattern, TakesNoTimeForExpressionsThatBacktrack) {
  const std::string name(64, 'a');
  EXPECT_FALSE(LayerPattern("(a+)+$b").matches(name));
  EXPECT_FALSE(LayerPattern("(a*)*b").matches(name));
  EXPECT_FALSE(LayerPattern("(a|a)*(a|a)*(a|aa)+b").matches(name));
  EXPECT_TRUE(LayerPattern("^(a?){64}a{64}$").matches(name));
}

TEST(LayerPattern, TakesOrRefusesDeepAndLongExpressions) {
  constexpr int depth = 100'000;
  try {
    EXPECT_TRUE(LayerPattern(std::string(depth, '(') + "a" + std::string(depth, ')')).matches("a"));
  } catch (const std::invalid_argument&) {  // as releases of RE2 like it
  }
  EXPECT_TRUE(LayerPattern(std::string(depth, 'a') + "|b").matches("b"));
  EXPECT_THROW(LayerPattern("((a{1000}){1000}){1000}"), std::invalid_argument);
}

TEST(LayerPattern, SaysWhatIsWrong) {
  for (const char* wrong : {"(", "conv[", "*", "a{2,1}", "(?=a)", "\\1"})
    EXPECT_THROW(LayerPattern{wrong}, std::invalid_argument) << wrong;
  try {
    LayerPattern("conv[");
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "missing ]: [");
  }
}

}  // namespace
}  // namespace cnnbench
