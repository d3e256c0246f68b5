#pragma once

#include <memory>

#include "harness/backend/backend.h"
#include "kernels/onednn/variant.h"

namespace cnnbench::onednn {

/// Builds the program of a model: see Program. Throws dnnl::error or std::bad_alloc.
std::unique_ptr<Program> make_program(const Model& model, const PrepareOptions& options,
                                      const Variant& variant);

}  // namespace cnnbench::onednn
