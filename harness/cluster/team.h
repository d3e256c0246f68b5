#pragma once

#include <string>

namespace cnnbench {

/// What runs where a team of threads is asked for.
struct Team {
  int threads = 1;
  std::string
      cause;  ///< what makes it fewer than asked for, in words for the user, with its cure; else empty
};

/// Opens one team of OpenMP's threads and counts it. `startable`: how many threads the system starts beside
/// this one: the runtime ends the program where it gets fewer than it wants, so that no more are asked for.
/// To be called after fix_team_size().
Team open_team(int threads, int startable);

/// Turns dynamic adjustment (OMP_DYNAMIC) off, by which the runtime gives fewer threads while the machine is
/// busy: a library whose threads wait for each other would wait for ever. True where it was on.
bool fix_team_size();

/// The first number of OMP_NUM_THREADS; 0 where it is not set.
int threads_of_environment();

}  // namespace cnnbench
