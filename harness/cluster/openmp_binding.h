#pragma once

#include <string>

namespace cnnbench {

/// The variables that had the OpenMP runtime bind its threads, as "OMP_PROC_BIND=close, OMP_PLACES=cores";
/// empty where it binds none.
std::string openmp_binding();

/// True where these variables name cores ("{0}", "cores(1)") and not only a kind of places ("cores"), so that
/// they can leave cores out.
bool openmp_names_cores();

/// A runtime that binds threads binds the first one before main() (GNU's does). That thread's mask is then
/// one place and no longer the cores of the process, and threads and processes that it starts inherit the one
/// place. This call gives the calling thread, the first one, all places of the runtime. Nothing where the
/// runtime does not bind.
void leave_first_place();

/// Undoes leave_first_place(): the thread is where the runtime wants it, beside the other threads of its
/// teams.
void return_to_first_place();

/// While libraries start threads of their own, and processes: these may run on all places.
class OnAllPlaces {
 public:
  OnAllPlaces() { leave_first_place(); }
  ~OnAllPlaces() { return_to_first_place(); }
  OnAllPlaces(const OnAllPlaces&) = delete;
  OnAllPlaces& operator=(const OnAllPlaces&) = delete;
};

}  // namespace cnnbench
