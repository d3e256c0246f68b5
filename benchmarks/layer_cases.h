#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "harness/config/config.h"
#include "harness/options.h"

namespace cnnbench {

/// One layer in its network, with what runs on it.
struct LayerCase {
  std::string name;  ///< "vgg16/conv3_2"
  std::shared_ptr<const Model> network;
  int index = 0;  ///< of the layer in the network
  std::int64_t batch = 1;
  std::vector<Pass> passes;
  std::vector<std::string> others;  ///< names of the later layers that are equal to it in all but name

  const ModelLayer& layer() const { return network->layers[static_cast<std::size_t>(index)]; }
};

/// Every distinct layer of the networks in order. Layers are equal where kind, settings, input and batch are;
/// the first one stands for all, in the passes of all, and with backward data where one of them has it.
std::vector<LayerCase> distinct_layers(const std::vector<Config>& configs, const Options& options);

/// The matrix product of a convolution, filters × taps times taps × output pixels of a group, as a dense
/// layer without bias: `filters` images of `taps` values, `pixels` units. The pixels are those of the whole
/// batch, or of as many of its images (one at least) as keep the matrix of pixels × taps within 256 MiB.
LayerCase matrix_product_of(const LayerCase& convolution);

}  // namespace cnnbench
