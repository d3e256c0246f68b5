#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "harness/backend/backend.h"
#include "harness/backend/initial_values.h"
#include "harness/model/model.h"

namespace cnnbench {

/// A small network to try a backend on. Sizes are odd on purpose: not multiples of any vector length.
struct Network {
  std::string name;
  Shape input;
  std::vector<LayerKind> layers;
  std::int64_t batch = 2;
  Loss loss = Loss::l2;
  bool input_gradient = false;  ///< see ModelOptions: a layer alone is to have all its directions

  /// Layers are named for their kind and number: conv0, max_pool1, …
  Model model() const {
    std::vector<Layer> named;
    for (const LayerKind& kind : layers)
      named.push_back({std::string(kind_name(kind)) + std::to_string(named.size()), kind});
    return build_model(name, "", input, named, loss, {input_gradient});
  }
};

/// Square or [height, width] convolution, 3×3 and valid where nothing else is said.
inline Convolution conv(std::int64_t filters, Extent kernel = {3, 3}, PaddingRule rule = {}) {
  return {.filters = filters, .kernel = kernel, .padding_rule = rule, .padding = {}};
}

inline Convolution conv(std::int64_t filters, Extent kernel, Extent stride, Extent padding) {
  return {.filters = filters, .kernel = kernel, .stride = stride, .padding = padding};
}

inline Convolution with(Convolution convolution, Activation activation) {
  convolution.activation = activation;
  return convolution;
}

inline Convolution grouped(Convolution convolution, std::int64_t groups) {
  convolution.groups = groups;
  return convolution;
}

inline Convolution cropped(Convolution convolution, std::int64_t crop) {
  convolution.crop = crop;
  return convolution;
}

inline Convolution strided(Convolution convolution, Extent stride) {
  convolution.stride = stride;
  return convolution;
}

inline Convolution unbiased(Convolution convolution) {
  convolution.bias = false;
  return convolution;
}

inline Pooling max_pool(Extent kernel, Extent stride, Extent padding = {}, Border border = Border::drop) {
  return {PoolKind::max, kernel, stride, padding, border};
}

inline Pooling average_pool(Extent kernel, Extent stride, Extent padding = {}, Border border = Border::drop) {
  return {PoolKind::average, kernel, stride, padding, border};
}

/// A plain copy of one tensor of a program.
inline std::vector<float> read(Program& program, const Model& model, int layer, Tensor tensor,
                               std::int64_t batch) {
  std::vector<float> values(
      static_cast<std::size_t>(tensor_size(model.layers.at(static_cast<std::size_t>(layer)), tensor, batch)));
  program.read(layer, tensor, values);
  return values;
}

}  // namespace cnnbench
