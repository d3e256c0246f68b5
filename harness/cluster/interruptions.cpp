#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "harness/cluster/cluster.h"

namespace cnnbench {
namespace {

volatile std::sig_atomic_t signal_came = 0;

void set_action(void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;  // a first signal must not make a read or write of the report fail
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

/// Only calls what may be called in a handler (signal-safety(7)).
void on_signal(int) {
  set_action(SIG_DFL);
  signal_came = 1;
}

}  // namespace

/// Signals are taken by a thread that does nothing else. Kernels that are compiled at run time may use the
/// stack pointer as a pointer to their data (oneDNN's matrix product does): a signal that came to a thread in
/// such a kernel would be written over the heap.
void watch_interruptions() {
  set_action(on_signal);
  std::thread([] {
    while (true) pause();
  }).detach();
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

bool interrupted() {
  return signal_came != 0;
}

}  // namespace cnnbench
