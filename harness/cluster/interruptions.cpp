#include <csignal>

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
  signal_came = 1;
  set_action(SIG_DFL);
}

}  // namespace

void watch_interruptions() {
  set_action(on_signal);
}

bool interrupted() {
  return signal_came != 0;
}

}  // namespace cnnbench
