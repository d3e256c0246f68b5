#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "harness/backend/backend.h"
#include "kernels/common/aligned_buffer.h"

namespace cnnbench::common {

/// Whether it is weights, a bias, or a gradient of them.
bool is_parameter(Tensor tensor);

/// The gradient of weights or of a bias.
Tensor gradient_of(Tensor parameter);

/// Whether it is there in training alone: a gradient, or a mask.
bool is_of_training(Tensor tensor);

/// The parameters of all layers one after the other, each tensor from a cache line on, and their gradients at
/// the same places of a second piece of memory: see Program::parameters().
class ParameterArena {
 public:
  /// `threads` zero the memory, and copy it where it is moved: see AlignedBuffer.
  explicit ParameterArena(ParallelFor threads = openmp_for) : threads_(std::move(threads)) {}

  /// A place for weights or a bias of a layer, of so many floats in the layout that the backend gives them.
  void add(int layer, Tensor tensor, std::size_t floats);

  /// `extra` bytes, which belong to no tensor, may be read past the end. Throws std::bad_alloc.
  void allocate(bool with_gradients, std::size_t extra = 0);

  /// After allocate(): all of it, with what it holds, goes to another place. Throws std::bad_alloc; what has
  /// not been moved is where it was then.
  void move();

  /// After allocate(): the tensor; empty where the layer has none.
  std::span<float> find(int layer, Tensor tensor) const;

  std::span<float> parameters() const { return all(parameters_); }
  std::span<float> gradients() const { return all(gradients_); }

 private:
  struct Place {
    std::size_t first = 0;
    std::size_t floats = 0;
  };
  std::span<float> all(const AlignedBuffer& arena) const {
    return {static_cast<float*>(arena.data()), arena.data() == nullptr ? 0 : floats_};
  }

  ParallelFor threads_;
  std::vector<Place> places_;  ///< two a layer: weights and bias
  std::size_t floats_ = 0;
  AlignedBuffer parameters_;
  AlignedBuffer gradients_;
};

}  // namespace cnnbench::common
