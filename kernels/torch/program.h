#pragma once

#include <memory>

#include "harness/backend/backend.h"
#include "kernels/torch/setting.h"

namespace cnnbench::torch {

/// Throws std::runtime_error with the library's message, std::bad_alloc.
std::unique_ptr<Program> make_program(const Model& model, const PrepareOptions& options,
                                      const Setting& setting);

/// The program of the fastest of the settings by the tuner, over steps of the network itself: PyTorch leaves
/// this choice to its users, who make it by trying. No two programs are in memory at a time.
std::unique_ptr<Program> make_fastest_program(const Model& model, const PrepareOptions& options);

}  // namespace cnnbench::torch
