#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

#include "harness/cluster/cluster.h"

namespace cnnbench {
namespace {

/// Each case runs in a child process, because signal handlers and the flag belong to the whole process.
[[noreturn]] void raise_and_exit(int signal) {
  watch_interruptions();
  const bool before = interrupted();
  std::raise(signal);
  std::exit(!before && interrupted() ? 0 : 1);
}

[[noreturn]] void raise_twice(int first, int second) {
  watch_interruptions();
  std::raise(first);
  std::raise(second);
  std::exit(0);
}

using ::testing::ExitedWithCode;
using ::testing::KilledBySignal;

TEST(Interruptions, SetAFlagAndLetTheProgramGoOn) {
  EXPECT_EXIT(raise_and_exit(SIGINT), ExitedWithCode(0), "");
  EXPECT_EXIT(raise_and_exit(SIGTERM), ExitedWithCode(0), "");
}

TEST(Interruptions, EndTheProgramTheSecondTime) {
  EXPECT_EXIT(raise_twice(SIGINT, SIGINT), KilledBySignal(SIGINT), "");
  EXPECT_EXIT(raise_twice(SIGINT, SIGTERM), KilledBySignal(SIGTERM), "");
  EXPECT_EXIT(raise_twice(SIGTERM, SIGINT), KilledBySignal(SIGINT), "");
}

TEST(Interruptions, AreNotSeenBeforeThereIsOne) {
  EXPECT_FALSE(interrupted());
}

}  // namespace
}  // namespace cnnbench
