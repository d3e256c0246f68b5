#pragma once

#include <memory>

#include "harness/backend/backend.h"
#include "kernels/onednn/layer_choice.h"

namespace cnnbench::onednn {

/// Builds the program of a model: see Program. `choices` are what its layers are, one each; of the variant
/// only what no choice says counts. Throws dnnl::error or std::bad_alloc.
std::unique_ptr<Program> make_program(const Model& model, const PrepareOptions& options,
                                      const Variant& variant, std::vector<LayerChoice> choices);

}  // namespace cnnbench::onednn
