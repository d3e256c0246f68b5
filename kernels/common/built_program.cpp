#include "kernels/common/built_program.h"

#include <stdexcept>

namespace cnnbench::common {

void check_readable(const Model& model, const PrepareOptions& options, int layer, Tensor tensor,
                    std::size_t elements) {
  const std::int64_t size =
      tensor_size(model.layers.at(static_cast<std::size_t>(layer)), tensor, options.batch);
  if (size == 0 || (options.pass == Pass::forward && is_of_training(tensor)))
    throw std::invalid_argument("the layer has no such tensor in this pass");
  if (elements != static_cast<std::size_t>(size)) throw std::invalid_argument("a tensor of the wrong size");
}

void check_writable(const Model& model, const PrepareOptions& options, int layer, Tensor tensor,
                    std::size_t elements) {
  if (tensor != Tensor::weights && tensor != Tensor::bias && (tensor != Tensor::input || layer != 0))
    throw std::invalid_argument("this tensor of the layer cannot be written");
  check_readable(model, options, layer, tensor, elements);
}

void initial_tensor(const Model& model, const PrepareOptions& options, int layer, Tensor tensor,
                    std::span<float> plain) {
  if (tensor == Tensor::weights) initial_weights(model, layer, options.seed, plain);
  if (tensor == Tensor::bias) initial_bias(model, layer, options.seed, plain);
  if (tensor == Tensor::input) initial_input(model, options.batch, options.seed, plain);
}

}  // namespace cnnbench::common
