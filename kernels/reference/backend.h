#pragma once

#include <memory>

#include "harness/backend/backend.h"

namespace cnnbench {

/// The reference: every layer in plain, single-threaded loops with double precision sums, and an Oracle of
/// the same loops.
std::unique_ptr<Backend> make_reference_backend();

}  // namespace cnnbench
