#include "harness/measure/layer_walk.h"

namespace cnnbench {
namespace {

/// The operations from `next` on that belong to `layer`.
std::size_t run_layer(Program& program, int layer, std::size_t next) {
  const std::vector<Operation>& operations = program.operations();
  while (next < operations.size() && operations[next].layer == layer) program.run(next++);
  return next;
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
  while (next < operations.size()) {
    const int layer = operations[next].layer;
    visit(visitor.before, layer, true);
    next = run_layer(program, layer, next);
    visit(visitor.after, layer, true);
  }
}

}  // namespace cnnbench
