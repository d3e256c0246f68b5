#include "harness/shared_inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "harness/machine/build_facts.h"
#include "harness/machine/facts.h"
#include "harness/plan.h"

namespace cnnbench {
namespace {

using Json = nlohmann::ordered_json;

constexpr char fine = '+';
constexpr char failed = '-';

/// Words that hold no zero byte, in one text.
std::string join_words(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += word + '\0';
  return text;
}

std::vector<std::string> split_words(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin < text.size(); begin += words.back().size() + 1)
    words.emplace_back(text.c_str() + begin);
  return words;
}

/// What has to be the same on all ranks, in words.
Json needed_alike(Cluster& cluster, const Options& options) {
  Json all;
  all["MPI library"] = cluster.library();
  const Json build = build_facts();
  for (const auto& [key, value] : build.items()) all["the build's " + key] = value.dump();
  for (const Backend* backend : options.backends) try {
      all[backend->name()] = backend->version();
    } catch (const std::exception& error) {
      all[backend->name()] = std::string("not there: ") + error.what();
    }
  return all;
}

/// What may differ, and changes what runs.
Json processor(const Options& options) {
  Json all;
  all["CPU"] = cpu_model();
  for (const Backend* backend : options.backends) try {
      for (const auto& [key, value] : backend->facts()) all[backend->name() + "'s " + key] = value;
    } catch (const std::exception&) {  // it is not there: see needed_alike()
    }
  return all;
}

/// "CPU: x (rank 0: y), …" of what differs; empty where nothing does.
std::string differences(const Json& mine, const Json& first) {
  std::string words;
  for (const auto& [key, value] : mine.items())
    if (!first.contains(key) || first[key] != value)
      words += fmt::format("{}{}: {} (rank 0: {})", words.empty() ? "" : ", ", key, value.get<std::string>(),
                           first.contains(key) ? first[key].get<std::string>() : "none");
  return words;
}

}  // namespace

std::string from_rank_0(Cluster& cluster, const std::function<std::string()>& work) {
  std::string result;
  if (cluster.is_root()) try {
      result = fine + work();
    } catch (const ConfigError& error) {
      result = failed + std::string(error.what());
    } catch (const UserError& error) {
      result = failed + std::string(error.what());
    }
  result = cluster.broadcast(result);
  if (result[0] == failed) throw UserError(result.substr(1));
  return result.substr(1);
}

void on_rank_0(Cluster& cluster, const std::function<void()>& work) {
  from_rank_0(cluster, [&] {
    work();
    return std::string();
  });
}

std::vector<std::string> shared_arguments(Cluster& cluster, int argc, const char* const* argv) {
  const std::vector<std::string> mine(argv + std::min(argc, 1), argv + argc);
  const std::vector<std::string> first = split_words(cluster.broadcast(join_words(mine)));
  if (mine != first)
    throw UserError(
        fmt::format("its command line is '{}', and that of rank 0 is '{}': give all ranks the same",
                    fmt::join(mine, " "), fmt::join(first, " ")));
  return first;
}

std::vector<Config> shared_configs(Cluster& cluster, const Options& options) {
  std::vector<Config> configs;
  const std::string text = from_rank_0(cluster, [&] {
    configs = load_configs(options);
    Json files = Json::array();
    for (const Config& config : configs) files.push_back(Json::array({config.file, config.texts}));
    return files.dump();
  });
  if (cluster.is_root()) return configs;
  for (const Json& file : Json::parse(text))
    configs.push_back(load_config(file[0].get<std::string>(), file[1].get<ConfigTexts>()));
  return configs;
}

std::vector<float> shared_input(Cluster& cluster, const std::string& file, const Model& model,
                                std::int64_t batch) {
  std::vector<float> images;
  const std::string bytes = from_rank_0(cluster, [&] {
    images = load_input(file, model, batch);
    if (cluster.size() == 1) return std::string();
    return std::string(reinterpret_cast<const char*>(images.data()), images.size() * sizeof(float));
  });
  if (cluster.is_root()) return images;
  images.resize(bytes.size() / sizeof(float));
  std::memcpy(images.data(), bytes.data(), bytes.size());
  return images;
}

std::vector<std::string> compare_ranks(Cluster& cluster, const Options& options) {
  const Json mine = needed_alike(cluster, options);
  const std::string other = differences(mine, Json::parse(cluster.broadcast(mine.dump())));
  const std::vector<std::string> hosts = cluster.gather(host_name());
  const std::vector<std::string> processors = cluster.gather(processor(options).dump());
  if (!other.empty()) throw UserError("it cannot do what rank 0 does, since it has other software: " + other);
  std::vector<std::string> warnings;
  for (std::size_t rank = 1; rank < processors.size(); ++rank) {
    const std::string words = differences(Json::parse(processors[rank]), Json::parse(processors[0]));
    if (!words.empty())
      warnings.push_back(fmt::format("the ranks run on unlike CPUs, and the slowest sets the time: {} has {}",
                                     rank_in_words(static_cast<int>(rank), hosts[rank]), words));
  }
  return warnings;
}

}  // namespace cnnbench
