#pragma once

#include <string>

#include "harness/config/config.h"
#include "tests/harness/config/temporary_folder.h"

namespace cnnbench {

/// A network file over an 8x8 image of one channel; `layers`, as the file has them, begin on line 4.
inline std::string network_text(const std::string& layers, const std::string& more = "") {
  return "model: net\ninput: {channels: 1, height: 8, width: 8}\nlayers:\n" + layers + more;
}

inline Config load_text(const std::string& text) {
  const TemporaryFolder folder;
  return load_config(folder.write("net.yaml", text));
}

/// The only network of a config text.
inline NetworkConfig load_network(const std::string& text) {
  return load_text(text).networks.at(0);
}

/// The message for a text that cannot be loaded, without the folder's name; empty where it can be.
inline std::string error_of(const std::string& text) {
  const TemporaryFolder folder;
  try {
    load_config(folder.write("net.yaml", text));
  } catch (const ConfigError& error) {
    const std::string message = error.what();
    const std::string prefix = folder.path().string() + "/";
    return message.starts_with(prefix) ? message.substr(prefix.size()) : message;
  }
  return "";
}

}  // namespace cnnbench
