#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "harness/backend/backend.h"
#include "harness/model/model.h"

namespace cnnbench {

/// A config that cannot be used. what() is one line, ready to print:
/// "configs/vgg16.yaml:12:9: unknown key 'kernle' in conv; did you mean 'kernel'?".
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// `run:` of a config; what is not given stays empty and falls to the command line, then to the defaults of
/// TimingSettings.
struct RunSettings {
  std::vector<Pass> passes{Pass::forward};
  std::optional<std::int64_t> burn_in;
  std::optional<std::int64_t> steps;
  std::optional<double> precision;
  std::optional<double> max_seconds;
  std::optional<std::string> gap;  ///< "none", "idle", "cold"
};

struct Sgd {
  double learning_rate = 0.1;
  double momentum = 0;
};
struct RmsProp {
  double learning_rate = 0.001;
};
using Optimizer = std::variant<Sgd, RmsProp>;

/// One network with how it is to be run.
struct NetworkConfig {
  std::string file;  ///< as found
  Model model;
  std::int64_t batch = 1;
  Optimizer optimizer;
  RunSettings run;
};

/// The texts of files, by the names that they were read by.
using ConfigTexts = std::map<std::string, std::string>;

/// What one --config stands for: one network, or several to be compared.
struct Config {
  std::string file;
  ConfigTexts texts;                   ///< of the file and of those that it names
  std::string comparison;              ///< name of the comparison; empty for a single network
  std::int64_t samples_per_epoch = 0;  ///< of a comparison
  std::vector<NetworkConfig> networks;
};

/// Reads and checks a network or comparison file, with the networks a comparison names (relative to its
/// folder). Throws ConfigError for anything wrong with it: see README.md, "Bad input".
Config load_config(const std::filesystem::path& file);

/// The same, of texts that were read before, perhaps on another machine: Config::texts of it.
Config load_config(const std::filesystem::path& file, const ConfigTexts& texts);

/// The file that `--config name` means: the path itself where it exists, else `name` or `name`.yaml in
/// `folders`, in order. Throws ConfigError with the folders that were looked in and the nearest name there.
std::filesystem::path find_config(const std::string& name, const std::vector<std::filesystem::path>& folders);

/// Known word nearest to `word` by edit distance, where one is near enough to be meant; else empty.
std::string nearest(const std::string& word, const std::vector<std::string>& known);

}  // namespace cnnbench
