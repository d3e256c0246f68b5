#include "harness/measure/layer_walk.h"

#include <algorithm>
#include <stdexcept>

#include "harness/model/layer_rules.h"

namespace cnnbench {
namespace {

/// The operations from `next` on that belong to `layer`.
std::size_t run_layer(Program& program, int layer, std::size_t next) {
  const std::vector<Operation>& operations = program.operations();
  while (next < operations.size() && operations[next].layer == layer) program.run(next++);
  return next;
}

/// Whether a layer is computed along with another one: no operation is its own, although there is something
/// to compute.
bool is_along(const std::vector<Operation>& operations, const Model& model, int layer) {
  if (rules_of(model.layers[static_cast<std::size_t>(layer)].kind).traits.free) return false;
  return std::none_of(operations.begin(), operations.end(),
                      [&](const Operation& operation) { return operation.layer == layer; });
}

}  // namespace

void walk_layers(Program& program, const Model& model, const LayerVisitor& visitor) {
  const auto visit = [](const auto& function, auto... arguments) {
    if (function) function(arguments...);
  };
  const int layers = static_cast<int>(model.layers.size());
  std::size_t next = 0;
  for (int layer = 0; layer < layers; ++layer) {
    visit(visitor.before, layer, false);
    next = run_layer(program, layer, next);
    visit(visitor.after, layer, false);
  }
  const std::vector<Operation>& operations = program.operations();
  if (next == operations.size()) return;  // inference has no loss
  next = run_layer(program, layers, next);
  visit(visitor.after_loss);
  for (int layer = layers - 1; layer >= 0 && next < operations.size(); --layer) {
    if (operations[next].layer != layer && !is_along(operations, model, layer)) continue;
    visit(visitor.before, layer, true);
    next = run_layer(program, layer, next);
    visit(visitor.after, layer, true);
  }
  if (next < operations.size()) throw std::logic_error("the backward part is not in reverse order");
}

}  // namespace cnnbench
