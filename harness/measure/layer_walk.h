#pragma once

#include <functional>

#include "harness/backend/backend.h"

namespace cnnbench {

/// Called around a layer's operations in one direction; see walk_layers. Any may be empty.
struct LayerVisitor {
  std::function<void(int layer, bool backward)> before;
  std::function<void(int layer, bool backward)> after;
  std::function<void()> after_loss;
};

/// Runs one step of a program and stops at every layer, at the moments when Program::read yields its tensors:
/// before its operations (what they read, which they may overwrite) and after them (what they wrote, which
/// the next layer may overwrite). Forward: all layers in order, also those without operations. Backward:
/// those with operations, and those that are computed along with another layer, which have none at all.
void walk_layers(Program& program, const Model& model, const LayerVisitor& visitor);

}  // namespace cnnbench
