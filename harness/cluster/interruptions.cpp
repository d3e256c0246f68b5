#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>

#include "harness/cluster/cluster.h"

namespace cnnbench {
namespace {

/// What a run has to notice an interruption by itself; with what writing takes it ends within 5 s.
constexpr std::chrono::milliseconds patience{4000};

volatile std::sig_atomic_t signal_came = 0;  // its number
std::atomic<bool> ending{false};

void set_action(void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;  // a first signal must not make a read or write of the report fail
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

/// Only calls what may be called in a handler (signal-safety(7)).
void on_signal(int signal) {
  set_action(SIG_DFL);
  signal_came = signal;
}

sigset_t both_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

void wait_for_signal() {
  sigset_t none;
  sigemptyset(&none);
  while (signal_came == 0) sigsuspend(&none);
}

/// Ends the process where the run does not end by itself: a step, the preparation or a call of a library
/// takes too long.
void end_after_patience(const LastWords& last_words) {
  std::this_thread::sleep_for(patience);
  if (ending) return;
  const std::string line =
      "bench: interrupted, and the work at hand does not end: the program ends without it\n";
  static_cast<void>(!write(STDERR_FILENO, line.data(), line.size()));  // it ends in any case
  _exit(last_words ? last_words(signal_came) : 128 + signal_came);
}

}  // namespace

/// Signals are taken by a thread that does nothing else. Kernels that are compiled at run time may use the
/// stack pointer as a pointer to their data (oneDNN's matrix product does): a signal that came to a thread in
/// such a kernel would be written over the heap.
void watch_interruptions(LastWords last_words) {
  const sigset_t signals = both_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  set_action(on_signal);
  std::thread([signals, last_words = std::move(last_words)] {
    wait_for_signal();
    // The handler has let the default action in: a second signal ends the program while this waits.
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
    end_after_patience(last_words);
    while (true) pause();
  }).detach();
}

bool interrupted() {
  return signal_came != 0;
}

void interruption_noticed() {
  ending = true;
}

}  // namespace cnnbench
