// Any text is a config or is refused by a ConfigError; of a network that it gives, all costs can be computed,
// and it travels to another process and back.
#include "harness/config/config.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "harness/model/cost.h"
#include "harness/worker/model_json.h"

namespace cnnbench {
namespace {

/// The sum keeps the compiler from leaving anything out.
double costs(const NetworkConfig& network) {
  double sum = 0;
  for (const ModelLayer& layer : network.model.layers)
    for (const Direction direction :
         {Direction::forward, Direction::backward_data, Direction::backward_weights})
      sum += static_cast<double>(flops(layer, direction, network.batch)) +
             static_cast<double>(bytes(layer, direction, network.batch));
  for (const bool training : {false, true}) sum += memory_bytes(network.model, training, network.batch);
  return sum;
}

void use(const NetworkConfig& network) {
  if (!(costs(network) >= 0)) std::abort();
  const auto json = model_to_json(network.model);
  if (model_to_json(model_from_json(json)) != json) std::abort();
  const int count = static_cast<int>(network.model.layers.size());
  for (int layer = 0; layer < std::min(count, 10); ++layer) {
    prefix(network.model, layer + 1);
    single_layer(network.model, layer);
  }
}

/// The configs in the folder that this runs in, for comparisons to name: no other file is read.
ConfigTexts neighbours() {
  ConfigTexts texts;
  for (const auto& entry : std::filesystem::directory_iterator(".")) {
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    texts[entry.path().filename()] = text.str();
  }
  return texts;
}

}  // namespace
}  // namespace cnnbench

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static cnnbench::ConfigTexts texts = cnnbench::neighbours();
  texts["fuzz.yaml"].assign(reinterpret_cast<const char*>(data), size);
  try {
    const cnnbench::Config config = cnnbench::load_config("fuzz.yaml", texts);
    for (const cnnbench::NetworkConfig& network : config.networks) cnnbench::use(network);
  } catch (const cnnbench::ConfigError&) {
  }
  return 0;
}
