#pragma once

#include <string>
#include <vector>

#include "harness/config/value.h"
#include "harness/model/layer.h"

namespace cnnbench {

/// How one kind of layer is read from a config.
struct LayerKindReader {
  std::vector<std::string> own_keys;        ///< all but `name`, which every layer has
  LayerKind (*read)(const MapReader& map);  ///< throws ConfigError

  std::vector<std::string> keys() const;
};

/// By the config's word. Throws ConfigError, at `place`, where there is no such kind.
LayerKindReader find_layer_kind(const std::string& kind, const SourceFile& source, Place place);

}  // namespace cnnbench
