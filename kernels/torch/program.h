#pragma once

#include <memory>

#include "harness/backend/backend.h"
#include "kernels/torch/setting.h"

namespace cnnbench::torch {

/// Throws std::runtime_error with the library's message, std::bad_alloc.
std::unique_ptr<Program> make_program(const Model& model, const PrepareOptions& options,
                                      const Setting& setting);

/// The program of the fastest of the settings, each timed over a few steps of the network itself, in two
/// rounds: the one exception to the rule that kernels never time, because PyTorch leaves this choice to its
/// users, who make it by trying. Programs are made one after the other, so that no two are in memory at a
/// time. Each rank chooses for itself; where choices differ, the ranks' operations or parameters do, and the
/// harness refuses to run: a fixed setting is what to take then.
std::unique_ptr<Program> make_fastest_program(const Model& model, const PrepareOptions& options);

}  // namespace cnnbench::torch
