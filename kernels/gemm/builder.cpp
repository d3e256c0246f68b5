#include "kernels/gemm/builder.h"

#include <algorithm>

namespace cnnbench::gemm {

Builder::Builder(const Model& of, const PrepareOptions& with, const Library& by)
    : BuilderBase(of, with), library(by), values(of.layers.size()) {
  for (int i = 0; i < static_cast<int>(model.layers.size()); ++i) {
    const ModelLayer& each = model.layers[static_cast<std::size_t>(i)];
    arena.add(i, Tensor::weights, static_cast<std::size_t>(each.weights));
    arena.add(i, Tensor::bias, static_cast<std::size_t>(each.biases));
  }
}

Value Builder::make_activation(std::int64_t elements) {
  return {training() ? buffers.dedicate(bytes(elements)) : buffers.add(bytes(elements)), elements};
}

Value Builder::in_place_or_new(const Value& src) {
  if (src.writable) return src;
  return make_activation(src.elements);
}

void Builder::need_scratch(std::int64_t elements) {
  scratch_elements_ = std::max(scratch_elements_, elements);
}

void Builder::add(Direction direction, const std::string& implementation, std::initializer_list<Value> uses,
                  std::function<void()> run) {
  for (const Value& value : uses)
    if (value) buffers.use(value.buffer, operations.size());
  operations.push_back({layer(), direction, implementation, "nchw"});
  actions.push_back(std::move(run));
}

Parameters Builder::parameters(int layer) const {
  return {arena.find(layer, Tensor::weights).data(), arena.find(layer, Tensor::bias).data()};
}

Parameters Builder::gradients(int layer) const {
  return {arena.find(layer, Tensor::weights_gradient).data(),
          arena.find(layer, Tensor::bias_gradient).data()};
}

void Builder::allocate() {
  scratch_ = buffers.dedicate(bytes(scratch_elements_));
  arena.allocate(training());
  buffers.allocate(operations);
}

}  // namespace cnnbench::gemm
