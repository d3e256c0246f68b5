#include "harness/backend/startable_threads.h"

#include <gmock/gmock.h>

namespace cnnbench {
namespace {

TEST(StartableThreads, CountsThoseThatRun) {
  EXPECT_EQ(StartableThreads(0).count(), 0);
  EXPECT_EQ(StartableThreads(3).count(), 3);
}

TEST(ExpectStartable, SaysNothingWhereAllStart) {
  EXPECT_NO_THROW(expect_startable(2));
}

}  // namespace
}  // namespace cnnbench
