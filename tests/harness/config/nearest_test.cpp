#include <gtest/gtest.h>

#include "harness/config/config.h"

namespace cnnbench {
namespace {

TEST(Nearest, FindsSlipsOfEveryKind) {
  const std::vector<std::string> known = {"filters", "kernel", "stride", "padding"};
  EXPECT_EQ(nearest("kernle", known), "kernel");
  EXPECT_EQ(nearest("kernl", known), "kernel");
  EXPECT_EQ(nearest("kkernel", known), "kernel");
  EXPECT_EQ(nearest("kermel", known), "kernel");
  EXPECT_EQ(nearest("sdg", {"sgd"}), "sgd");
  EXPECT_EQ(nearest("Padding", known), "padding");
}

TEST(Nearest, TakesTheCloserOfTwo) {
  EXPECT_EQ(nearest("max_pol", {"avg_pool", "max_pool"}), "max_pool");
  EXPECT_EQ(nearest("forwrd-backward", {"forward", "forward-backward"}), "forward-backward");
}

TEST(Nearest, IsEmptyWhereNothingCanBeMeant) {
  EXPECT_EQ(nearest("colour", {"kernel", "stride"}), "");
  EXPECT_EQ(nearest("a", {"b"}), "");
  EXPECT_EQ(nearest("", {"b"}), "");
  EXPECT_EQ(nearest("kernel", {}), "");
  EXPECT_EQ(nearest(std::string(100'000, 'k'), {"kernel"}), "");
}

}  // namespace
}  // namespace cnnbench
