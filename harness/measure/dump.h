#pragma once

#include <filesystem>

#include "harness/backend/backend.h"

namespace cnnbench {

/// Runs one step and writes its tensors into `folder` as .npy files, so that any framework can check it:
/// input, labels and loss (after a training pass), and for a layer L: L.weights, L.bias, L.output, L.mask,
/// L.weights_gradient, L.bias_gradient. Activations are NCHW, convolution weights OIHW, dense weights [out,
/// in]. Throws std::runtime_error where a file cannot be written.
void dump_step(Program& program, const Model& model, const PrepareOptions& options,
               const std::filesystem::path& folder);

}  // namespace cnnbench
