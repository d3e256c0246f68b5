#pragma once

#include <memory>

#include "harness/backend/backend.h"

namespace cnnbench::xnnpack {

/// Builds the model for XNNPACK. Throws std::runtime_error with the library's status where it refuses.
std::unique_ptr<Program> make_program(const Model& model, const PrepareOptions& options);

}  // namespace cnnbench::xnnpack
