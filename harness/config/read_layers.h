#pragma once

#include <vector>

#include "harness/config/value.h"
#include "harness/model/layer.h"

namespace cnnbench {

/// The layers of a network and, index by index, where they are in the file.
struct LayerList {
  std::vector<Layer> layers;
  std::vector<Place> places;
};

/// Reads `layers:`. A layer without a name gets its kind and its number among the layers of that kind
/// ("conv2"); where that name is given to another layer, the next free number. Throws ConfigError.
LayerList read_layers(const Value& value);

/// Largest number that a config may ask for in one dimension of anything.
constexpr std::int64_t most_size = 1'000'000;

}  // namespace cnnbench
