#include <fmt/format.h>

#include <map>

#include "harness/config/config.h"
#include "harness/config/read_network.h"
#include "harness/config/utf8.h"

namespace cnnbench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_models = 100;

Value top_level(const SourceFile& source, const Node& root) {
  const Value value(source, root, "the top level");
  if (!value.is_map()) value.fail_expected("a map of keys such as 'model: vgg16'");
  return value;
}

bool has_key(const Node& map, std::string_view key) {
  for (const Node& child : map.children) {
    if (child.key == key) return true;
  }
  return false;
}

/// Where the texts come from: files, or what was read before. Keeps them.
class Texts {
 public:
  explicit Texts(const ConfigTexts* known) : known_(known) {}

  bool has(const fs::path& file) const {
    std::error_code error;
    return known_ != nullptr ? known_->contains(file.string()) : fs::exists(file, error);
  }

  /// Throws ConfigError as SourceFile.
  SourceFile open(const fs::path& file) {
    SourceFile source =
        known_ != nullptr ? SourceFile(file.string(), known_->at(file.string())) : SourceFile(file);
    read_[source.name()] = source.text();
    return source;
  }

  ConfigTexts take() { return std::move(read_); }

 private:
  const ConfigTexts* known_;
  ConfigTexts read_;
};

/// A network that a comparison names by a path relative to its own folder.
NetworkConfig read_compared(const Value& entry, Texts& texts) {
  const fs::path file = fs::path(entry.source().name()).parent_path() / entry.text(4096);
  if (!texts.has(file)) entry.fail(fmt::format("there is no file {}; expected a network", file.string()));
  const SourceFile source = texts.open(file);
  const Node root = parse_yaml(source);
  const Value value = top_level(source, root);
  if (has_key(root, "comparison")) {
    entry.fail(fmt::format("{} is itself a comparison; expected a network", file.string()));
  }
  return read_network(value);
}

void read_comparison(const Value& root, Config& config, Texts& texts) {
  const MapReader map(root, "a comparison", {"comparison", "models", "samples_per_epoch", "run"});
  config.comparison = map.at("comparison").name();
  const Value models = map.at("models");
  config.samples_per_epoch = map.at("samples_per_epoch").integer(1, 1'000'000'000'000);
  const auto run = map.find("run");
  std::map<std::string, std::string> files;  // of each model's name
  for (const Value& entry : models.list(most_models, "entry")) {
    NetworkConfig network = read_compared(entry, texts);
    const auto [first, is_new] = files.emplace(network.model.name, network.file);
    if (!is_new) {
      entry.fail(fmt::format("{} and {} both name their model {}; expected different names", first->second,
                             network.file, in_quotes(network.model.name)));
    }
    if (run) read_run(*run, network.run);
    config.networks.push_back(std::move(network));
  }
}

Config load(const fs::path& file, Texts texts) {
  const SourceFile source = texts.open(file);
  const Node root = parse_yaml(source);
  const Value value = top_level(source, root);
  Config config;
  config.file = source.name();
  if (has_key(root, "comparison")) {
    read_comparison(value, config, texts);
  } else {
    config.networks.push_back(read_network(value));
  }
  config.texts = texts.take();
  return config;
}

}  // namespace

Config load_config(const fs::path& file) {
  return load(file, Texts(nullptr));
}

Config load_config(const fs::path& file, const ConfigTexts& texts) {
  return load(file, Texts(&texts));
}

}  // namespace cnnbench
