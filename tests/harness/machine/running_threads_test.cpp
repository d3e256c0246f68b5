#include "harness/machine/running_threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/harness/machine/fake_tree.h"

namespace cnnbench {
namespace {

TEST(RunningThreads, AreCountedByTheStateAfterTheName) {
  FakeTree tree;
  tree.write("proc/7/task/7/stat", "7 (bench) S 1 7 7 0");
  tree.write("proc/7/task/8/stat", "8 (a name) R (odd) R 1 7 7 0");
  tree.write("proc/7/task/9/stat", "9 (R) S 1 7 7 0");
  tree.write("proc/7/task/10/stat", "10 (worker) R 1 7 7 0");

  EXPECT_EQ(running_threads(7, tree.root()), 2);
  EXPECT_EQ(running_threads(8, tree.root()), 0);
}

TEST(RunningThreads, SeesASpinningThreadOfThisProcessAndNotTheCaller) {
  std::atomic<bool> go_on = true;
  std::thread spinning([&] {
    while (go_on) continue;
  });
  int seen = 0;
  for (int attempt = 0; attempt < 10'000 && seen == 0; ++attempt) seen = running_threads(this_process());
  go_on = false;
  spinning.join();

  EXPECT_EQ(seen, 1);
  EXPECT_EQ(running_threads(this_process()), 0);
}

}  // namespace
}  // namespace cnnbench
