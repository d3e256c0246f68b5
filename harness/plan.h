#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "harness/cluster/cluster.h"
#include "harness/config/config.h"
#include "harness/measure/runner.h"
#include "harness/options.h"

namespace cnnbench {

/// Something that the user has to change: exit status 2. what() is ready to print.
class UserError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The configs that the command line names, each a file or a name among the installed ones. Throws
/// ConfigError, or UserError where two networks have the same name.
std::vector<Config> load_configs(const Options& options);

/// The batch of one rank. Throws UserError where --global-batch does not divide over the ranks.
std::int64_t batch_of(const NetworkConfig& network, const Options& options, int ranks);

/// How many steps are timed: the command line before the config before the defaults. --steps without
/// --precision takes exactly so many; and exactly so many are not cut off by the default of max_seconds.
TimingSettings timing_of(const RunSettings& run, const Options& options);

/// One experiment for each network and pass, in the order of the configs. Throws UserError.
std::vector<Experiment> plan_experiments(const std::vector<Config>& configs, const Options& options,
                                         int ranks, int threads);

/// Throws UserError where results or --dump cannot be written, so that it is known before measuring.
void check_paths(const Options& options);

/// The images of --input for one network, repeated to fill a batch. Throws UserError where they do not fit
/// the network.
std::vector<float> load_input(const std::string& file, const Model& model, std::int64_t batch);

}  // namespace cnnbench
