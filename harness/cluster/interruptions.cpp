#include <pthread.h>
#include <semaphore.h>
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
sem_t signal_is_there;                       // posted by the handler, on whatever thread it runs
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
  sem_post(&signal_is_there);
}

sigset_t both_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

void wait_for_signal() {
  while (sem_wait(&signal_is_there) != 0) {  // the handler interrupts it, where it runs on this thread
  }
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
  sem_init(&signal_is_there, 0, 0);
  set_action(on_signal);
  // It inherits a mask that lets signals in; the handler lets the default action in, so that a second signal
  // ends the program while this waits.
  std::thread([last_words = std::move(last_words)] {
    wait_for_signal();
    end_after_patience(last_words);
    while (true) pause();
  }).detach();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

bool interrupted() {
  return signal_came != 0;
}

void interruption_noticed() {
  ending = true;
}

}  // namespace cnnbench
