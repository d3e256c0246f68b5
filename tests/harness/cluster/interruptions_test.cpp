#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "harness/cluster/cluster.h"

namespace cnnbench {
namespace {

/// Sends a signal to this process, as a terminal does, and waits until it has been noticed.
void send(int signal) {
  kill(getpid(), signal);
  for (int i = 0; i < 5000 && !interrupted(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

/// Each case runs in a child process, because signal handlers and the flag belong to the whole process.
[[noreturn]] void send_and_exit(int signal) {
  watch_interruptions();
  const bool before = interrupted();
  send(signal);
  std::exit(!before && interrupted() ? 0 : 1);
}

[[noreturn]] void send_twice(int first, int second) {
  watch_interruptions();
  send(first);
  send(second);
  std::this_thread::sleep_for(std::chrono::seconds(5));  // the signal ends this
  std::exit(0);
}

/// A run that hangs after a signal, for much longer than it is given.
[[noreturn]] void send_and_hang(int signal, LastWords last_words) {
  watch_interruptions(std::move(last_words));
  send(signal);
  std::this_thread::sleep_for(std::chrono::seconds(60));
  std::exit(0);
}

[[noreturn]] void send_and_take_time_to_end() {
  watch_interruptions();
  send(SIGTERM);
  interruption_noticed();
  std::this_thread::sleep_for(std::chrono::seconds(6));
  std::exit(0);
}

/// 0 where both signals are blocked in a thread that is started now.
[[noreturn]] void start_a_thread_and_exit() {
  watch_interruptions();
  bool blocked = false;
  std::thread([&blocked] {
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, nullptr, &mask);
    blocked = sigismember(&mask, SIGINT) == 1 && sigismember(&mask, SIGTERM) == 1;
  }).join();
  std::exit(blocked ? 0 : 1);
}

using ::testing::ExitedWithCode;
using ::testing::KilledBySignal;

TEST(Interruptions, SetAFlagAndLetTheProgramGoOn) {
  EXPECT_EXIT(send_and_exit(SIGINT), ExitedWithCode(0), "");
  EXPECT_EXIT(send_and_exit(SIGTERM), ExitedWithCode(0), "");
}

TEST(Interruptions, EndTheProgramTheSecondTime) {
  EXPECT_EXIT(send_twice(SIGINT, SIGINT), KilledBySignal(SIGINT), "");
  EXPECT_EXIT(send_twice(SIGINT, SIGTERM), KilledBySignal(SIGTERM), "");
  EXPECT_EXIT(send_twice(SIGTERM, SIGINT), KilledBySignal(SIGINT), "");
}

TEST(Interruptions, EndAProgramThatDoesNotEndByItself) {
  EXPECT_EXIT(send_and_hang(SIGTERM, {}), ExitedWithCode(128 + SIGTERM), "does not end");
  EXPECT_EXIT(send_and_hang(SIGINT, [](int signal) { return signal == SIGINT ? 3 : 1; }), ExitedWithCode(3),
              "");
}

TEST(Interruptions, LetAProgramEndThatHasNoticed) {
  EXPECT_EXIT(send_and_take_time_to_end(), ExitedWithCode(0), "");
}

TEST(Interruptions, DoNotComeToThreadsThatRunKernels) {
  EXPECT_EXIT(start_a_thread_and_exit(), ExitedWithCode(0), "");
}

TEST(Interruptions, AreNotSeenBeforeThereIsOne) {
  EXPECT_FALSE(interrupted());
}

}  // namespace
}  // namespace cnnbench
