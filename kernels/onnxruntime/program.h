#pragma once

#include <memory>

#include "harness/backend/backend.h"

namespace cnnbench::onnxruntime {

/// Builds the model for ONNX Runtime, a session a layer. Throws Ort::Exception where the library refuses.
std::unique_ptr<Program> make_program(const Model& model, const PrepareOptions& options);

}  // namespace cnnbench::onnxruntime
