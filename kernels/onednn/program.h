#pragma once

#include <memory>

#include "harness/backend/backend.h"

namespace cnnbench::onednn {

/// Builds the program of a model: see Program. Throws dnnl::error or std::bad_alloc.
std::unique_ptr<Program> make_program(const Model& model, const PrepareOptions& options);

}  // namespace cnnbench::onednn
