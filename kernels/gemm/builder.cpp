#include "kernels/gemm/builder.h"

#include <algorithm>

namespace cnnbench::gemm {
namespace {

/// Every tensor of parameters begins on a cache line.
std::int64_t padded(std::int64_t elements) {
  constexpr std::int64_t line = 16;
  return (elements + line - 1) / line * line;
}

}  // namespace

Builder::Builder(const Model& built_model, const PrepareOptions& with, const Library& by)
    : model(built_model), options(with), library(by), values(built_model.layers.size()) {
  for (const ModelLayer& each : model.layers) arena_elements += padded(each.weights) + padded(each.biases);
}

Value Builder::make_activation(std::int64_t elements) {
  return {training() ? buffers.dedicate(elements) : buffers.acquire(elements), elements};
}

Value Builder::in_place_or_new(const Value& src) {
  if (src.writable) return src;
  return make_activation(src.elements);
}

void Builder::discard_activation(const Value& value) {
  // What is not writable in inference is the network's input, which enters every step.
  if (!training() && value.writable) buffers.release(value.buffer);
}

void Builder::need_scratch(std::int64_t elements) {
  scratch_elements_ = std::max(scratch_elements_, elements);
}

void Builder::add(Direction direction, const std::string& implementation, std::function<void()> run) {
  operations.push_back({layer_, direction, implementation, 1, "nchw"});
  actions.push_back(std::move(run));
}

void Builder::allocate() {
  parameter_arena = AlignedBuffer(arena_elements);
  parameters_ = place(parameter_arena);
  if (training()) {
    gradient_arena = AlignedBuffer(arena_elements);
    gradients_ = place(gradient_arena);
  }
  buffers.allocate();
  scratch_ = AlignedBuffer(scratch_elements_);
}

std::vector<Parameters> Builder::place(const AlignedBuffer& arena) const {
  std::vector<Parameters> placed;
  float* next = arena.data();
  const auto take = [&next](std::int64_t elements) -> float* {
    float* const first = next;
    next += padded(elements);
    return elements > 0 ? first : nullptr;
  };
  for (const ModelLayer& each : model.layers) {
    float* const weights = take(each.weights);
    placed.push_back({weights, take(each.biases)});
  }
  return placed;
}

}  // namespace cnnbench::gemm
