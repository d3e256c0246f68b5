#pragma once

#include <algorithm>
#include <new>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "harness/backend/initial_values.h"
#include "kernels/common/network.h"

namespace cnnbench::common {

/// Throws std::invalid_argument where the layer has no such tensor, or one of another size; for writing, too,
/// where the tensor is not to be written: see Program.
void check_readable(const Model& model, const PrepareOptions& options, int layer, Tensor tensor,
                    std::size_t elements);
void check_writable(const Model& model, const PrepareOptions& options, int layer, Tensor tensor,
                    std::size_t elements);

/// Weights, bias or input of a layer from the seed.
void initial_tensor(const Model& model, const PrepareOptions& options, int layer, Tensor tensor,
                    std::span<float> plain);

/// A program that a builder, derived from BuilderBase, has gathered. A backend says how to run an operation,
/// and how its tensors become plain arrays and back.
template <typename Builder>
class BuiltProgram : public Program {
 public:
  const std::vector<Operation>& operations() const final { return builder_.operations; }
  double loss() const final { return builder_.loss; }
  std::span<float> parameters() final { return builder_.arena.parameters(); }
  std::span<float> gradients() final { return builder_.arena.gradients(); }

  void read(int layer, Tensor tensor, std::span<float> plain) final {
    check_readable(model_, options_, layer, tensor, plain.size());
    copy_out(layer, tensor, plain);
  }

  void write(int layer, Tensor tensor, std::span<const float> plain) final {
    check_writable(model_, options_, layer, tensor, plain.size());
    copy_in(layer, tensor, plain);
    if (tensor != Tensor::input) repack(layer, tensor);
  }

 protected:
  /// `more`: what the builder takes beside model and options.
  template <typename... More>
  BuiltProgram(const Model& model, const PrepareOptions& options, More&&... more)
      : model_(model), options_(options), builder_(model_, options_, std::forward<More>(more)...) {}

  /// Where a tensor lies as a plain array; empty where it does not.
  virtual std::span<float> plain_array(int, Tensor) { return {}; }

  /// Copies a tensor, of the right size, out of memory or into it. Throw std::invalid_argument where there is
  /// none.
  virtual void copy_out(int layer, Tensor tensor, std::span<float> plain) {
    std::ranges::copy(existing(layer, tensor), plain.begin());
  }
  virtual void copy_in(int layer, Tensor tensor, std::span<const float> plain) {
    std::ranges::copy(plain, existing(layer, tensor).begin());
  }

  /// The parameters were written: makes what the library or the backend has packed of them anew.
  virtual void repack(int, Tensor) {}

  /// Values from the seed. Where they do not lie as a plain array, a plain copy lives until they are packed.
  void fill_parameters() {
    for (int layer = 0; layer < static_cast<int>(model_.layers.size()); ++layer)
      for (const Tensor tensor : {Tensor::weights, Tensor::bias}) fill(layer, tensor);
  }
  void fill_input() { fill(0, Tensor::input); }

  /// Moves all parts: see Program::move_memory().
  template <typename... Parts>
  static bool move_all(Parts&... parts) {
    try {
      (parts.move(), ...);
    } catch (const std::bad_alloc&) {  // no room for both: what could not be moved is where it was
      return false;
    }
    return true;
  }

  const ModelLayer& layer_at(int index) const { return model_.layers.at(static_cast<std::size_t>(index)); }

  Model model_;
  PrepareOptions options_;
  Builder builder_;

 private:
  std::span<float> existing(int layer, Tensor tensor) {
    const std::span<float> found = plain_array(layer, tensor);
    if (found.empty()) throw std::invalid_argument("the layer has no such tensor in this pass");
    return found;
  }

  void fill(int layer, Tensor tensor) {
    const auto size = static_cast<std::size_t>(tensor_size(layer_at(layer), tensor, options_.batch));
    if (size == 0) return;
    if (const std::span<float> place = plain_array(layer, tensor); !place.empty())
      return initial_tensor(model_, options_, layer, tensor, place);
    std::vector<float> plain(size);
    initial_tensor(model_, options_, layer, tensor, plain);
    write(layer, tensor, plain);
  }
};

}  // namespace cnnbench::common
