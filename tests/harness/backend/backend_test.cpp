#include "harness/backend/backend.h"

#include <gtest/gtest.h>

namespace cnnbench {
namespace {

TEST(Pass, IsNamedAsOnTheCommandLine) {
  EXPECT_EQ(to_string(Pass::forward), "forward");
  EXPECT_EQ(to_string(Pass::forward_backward), "forward-backward");
  EXPECT_EQ(to_string(Pass::train), "train");
}

}  // namespace
}  // namespace cnnbench
