#include "harness/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "harness/measure/npy.h"
#include "harness/report/report.h"

namespace cnnbench {
namespace {

/// Where configs are found by name: those installed with this program, wherever that has been put, then
/// those of its sources.
std::vector<std::filesystem::path> config_folders() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path installed = program.parent_path() / CNNBENCH_INSTALLED_CONFIGS;
  return {installed.lexically_normal(), CNNBENCH_SOURCE_CONFIGS};
}

/// Throws UserError with the place of the first value of images (n, c, y, x) that is NaN or infinite.
void check_finite(const std::string& file, const NpyArray& images) {
  const auto found = std::find_if_not(images.values.begin(), images.values.end(),
                                      [](float value) { return std::isfinite(value); });
  if (found == images.values.end()) return;
  std::int64_t rest = found - images.values.begin();
  std::int64_t place[4];
  for (std::size_t side = 4; side-- > 0; rest /= images.shape[side]) place[side] = rest % images.shape[side];
  throw UserError(fmt::format(
      "--input: {} holds {} at image {}, channel {}, row {}, column {} (from 0); all must be finite in f32",
      file, std::isnan(*found) ? "NaN" : "an infinite value", place[0], place[1], place[2], place[3]));
}

}  // namespace

std::vector<Config> load_configs(const Options& options) {
  const std::vector<std::filesystem::path> folders = config_folders();
  std::vector<Config> configs;
  std::set<std::string> names;
  for (const std::string& name : options.configs) {
    configs.push_back(load_config(find_config(name, folders)));
    for (const NetworkConfig& network : configs.back().networks)
      if (!names.insert(network.model.name).second)
        throw UserError(network.file + ": a network named '" + network.model.name +
                        "' is already there; give each a name of its own");
  }
  return configs;
}

std::int64_t batch_of(const NetworkConfig& network, const Options& options, int ranks) {
  if (options.batch) return *options.batch;
  if (!options.global_batch) return network.batch;
  const std::int64_t rest = *options.global_batch % ranks;
  if (rest != 0)
    throw UserError(fmt::format("--global-batch: {} samples do not divide evenly over {} ranks; {} would",
                                *options.global_batch, ranks, *options.global_batch - rest + ranks));
  return *options.global_batch / ranks;
}

TimingSettings timing_of(const RunSettings& run, const Options& options) {
  TimingSettings timing;
  timing.burn_in = options.burn_in.value_or(run.burn_in.value_or(timing.burn_in));
  timing.steps = options.steps.value_or(run.steps.value_or(timing.steps));
  const double otherwise = options.steps ? 0.0 : run.precision.value_or(timing.precision);
  timing.precision = options.precision.value_or(otherwise);
  for (const Gap gap : {Gap::none, Gap::idle, Gap::cold})
    if (run.gap == to_string(gap)) timing.gap = gap;
  timing.gap = options.gap.value_or(timing.gap);
  // Exactly N steps are cut short only by a limit that stands beside that N: in the config, or on the command
  // line.
  const double no_limit = 0;
  const bool exact = timing.precision == 0;
  const double by_default = exact ? no_limit : timing.max_seconds;
  const bool config_counts = !(exact && options.steps);
  timing.max_seconds =
      options.max_seconds.value_or(config_counts ? run.max_seconds.value_or(by_default) : by_default);
  return timing;
}

std::vector<Experiment> plan_experiments(const std::vector<Config>& configs, const Options& options,
                                         int ranks, int threads) {
  std::vector<Experiment> experiments;
  for (const Config& config : configs)
    for (const NetworkConfig& network : config.networks)
      for (const Pass pass : options.passes.empty() ? network.run.passes : options.passes) {
        if (pass == Pass::train)
          throw UserError(
              "pass 'train' (exchange of gradients and update) is not there yet; use forward-backward");
        Experiment experiment;
        experiment.model = &network.model;
        experiment.pass = pass;
        experiment.batch = batch_of(network, options, ranks);
        experiment.backends = options.backends;
        experiment.views = options.views;
        experiment.timing = timing_of(network.run, options);
        experiment.timing.seed = options.seed;
        experiment.threads = threads;
        experiment.seed = options.seed;
        experiment.layers = options.layers;
        experiment.verify = options.verify != Verify::off;
        experiment.measure = options.verify != Verify::only;
        experiments.push_back(std::move(experiment));
      }
  if (!options.dump.empty() &&
      std::any_of(experiments.begin(), experiments.end(),
                  [&](const Experiment& other) { return other.model != experiments[0].model; }))
    throw UserError("--dump: one network at a time, since the files of several would have the same names");
  const auto matches = [&](const Experiment& experiment) {
    return std::any_of(experiment.model->layers.begin(), experiment.model->layers.end(),
                       [&](const ModelLayer& layer) { return options.layers->matches(layer.name); });
  };
  if (options.layers && std::none_of(experiments.begin(), experiments.end(), matches))
    throw UserError("--layer: no layer of the network matches; --describe lists their names");
  return experiments;
}

void check_paths(const Options& options) {
  try {
    check_writable(options.output);
    if (!options.dump.empty()) check_writable(options.dump);
  } catch (const std::exception& error) {
    throw UserError(error.what());
  }
}

std::vector<float> load_input(const std::string& file, const Model& model, std::int64_t batch) {
  try {
    const NpyArray array = read_npy(file);
    const Shape& shape = model.input;
    const std::vector<std::int64_t> wanted{shape.channels, shape.height, shape.width};
    const bool fits = array.shape.size() == 4 && array.shape[0] > 0 &&
                      std::equal(wanted.begin(), wanted.end(), array.shape.begin() + 1);
    if (!fits)
      throw UserError(fmt::format("--input: {} has the shape ({}); {} takes (images, {})", file,
                                  fmt::join(array.shape, ", "), model.name, fmt::join(wanted, ", ")));
    check_finite(file, array);
    std::vector<float> images(static_cast<std::size_t>(batch * shape.size()));
    for (std::size_t i = 0; i < images.size(); ++i) images[i] = array.values[i % array.values.size()];
    return images;
  } catch (const UserError&) {
    throw;
  } catch (const std::exception& error) {
    throw UserError(std::string("--input: ") + error.what());
  }
}

}  // namespace cnnbench
