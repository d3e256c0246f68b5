#pragma once

#include <memory>

#include "harness/backend/backend.h"
#include "kernels/gemm/library.h"

namespace cnnbench::gemm {

/// Builds the program of a model: see Program. `library` has to outlive it. Throws std::bad_alloc, or
/// std::runtime_error where the batch is not positive.
std::unique_ptr<Program> make_program(const Model& model, const PrepareOptions& options,
                                      const Library& library);

}  // namespace cnnbench::gemm
