#pragma once

#include <memory>
#include <string>

#include "harness/backend/choice.h"

namespace cnnbench {

/// A backend that needs variables of its own runs in a process of its own: this program, started again. The
/// calls of the contract go there and back over a socket; a step is timed there (see TimedElsewhere), so that
/// the way to it costs nothing that is measured. The process starts when the backend is first used, on the
/// cores of the one that starts it, and ends with it. Throws what the choice throws.
std::unique_ptr<Backend> make_worker_backend(const BackendChoice& choice);

/// The backend of a choice that is there: in this process, or in one of its own where it wants variables.
/// Made once.
const Backend* backend_of(const BackendChoice& choice);

/// True in such a process: main() then hands over to serve().
bool is_worker();

/// Answers the calls of the process that started this one, until it ends. Returns the exit status.
int serve();

}  // namespace cnnbench
