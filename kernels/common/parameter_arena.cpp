#include "kernels/common/parameter_arena.h"

#include <algorithm>

namespace cnnbench::common {
namespace {

bool is_gradient_of_parameter(Tensor tensor) {
  return tensor == Tensor::weights_gradient || tensor == Tensor::bias_gradient;
}

std::size_t index_of(int layer, Tensor tensor) {
  const bool bias = tensor == Tensor::bias || tensor == Tensor::bias_gradient;
  return 2 * static_cast<std::size_t>(layer) + (bias ? 1 : 0);
}

}  // namespace

bool is_parameter(Tensor tensor) {
  return tensor == Tensor::weights || tensor == Tensor::bias || is_gradient_of_parameter(tensor);
}

Tensor gradient_of(Tensor parameter) {
  return parameter == Tensor::weights ? Tensor::weights_gradient : Tensor::bias_gradient;
}

bool is_of_training(Tensor tensor) {
  return is_gradient_of_parameter(tensor) || tensor == Tensor::input_gradient ||
         tensor == Tensor::output_gradient || tensor == Tensor::mask;
}

void ParameterArena::add(int layer, Tensor tensor, std::size_t floats) {
  constexpr std::size_t line = cache_line / sizeof(float);
  const std::size_t index = index_of(layer, tensor);
  places_.resize(std::max(places_.size(), index + 1));
  places_[index] = {floats_, floats};
  floats_ += (floats + line - 1) / line * line;
}

void ParameterArena::allocate(bool with_gradients, std::size_t extra) {
  const std::size_t bytes = floats_ * sizeof(float) + extra;
  parameters_ = AlignedBuffer(bytes, {{0, bytes}}, threads_);
  if (with_gradients) gradients_ = AlignedBuffer(bytes, {{0, bytes}}, threads_);
}

void ParameterArena::move() {
  parameters_.move();
  gradients_.move();
}

std::span<float> ParameterArena::find(int layer, Tensor tensor) const {
  const std::size_t index = index_of(layer, tensor);
  if (!is_parameter(tensor) || index >= places_.size() || places_[index].floats == 0) return {};
  const std::span<float> from = is_gradient_of_parameter(tensor) ? gradients() : parameters();
  return from.empty() ? from : from.subspan(places_[index].first, places_[index].floats);
}

}  // namespace cnnbench::common
