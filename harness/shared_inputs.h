#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/cluster/cluster.h"
#include "harness/config/config.h"
#include "harness/options.h"

namespace cnnbench {

// What a run depends on is read once, by rank 0, and every rank gets the same. All functions are collective.

/// The command line of rank 0, on every rank. Throws UserError, on a rank that was started with another one.
std::vector<std::string> shared_arguments(Cluster& cluster, int argc, const char* const* argv);

/// load_configs() of the files that rank 0 sees. Throws, on every rank, what it throws there, as UserError.
std::vector<Config> shared_configs(Cluster& cluster, const Options& options);

/// load_input() of the file that rank 0 sees, for the next experiment. Throws, on every rank, what it throws
/// there.
std::vector<float> shared_input(Cluster& cluster, const std::string& file, const Model& model,
                                std::int64_t batch);

/// Does on rank 0 what may throw ConfigError or UserError. Every rank gets the text that it returns; where it
/// throws, that is thrown on every rank, as UserError.
std::string from_rank_0(Cluster& cluster, const std::function<std::string()>& work);

/// The same of work that gives nothing.
void on_rank_0(Cluster& cluster, const std::function<void()>& work);

/// Whether the ranks can do the same thing: they need the same build of this program, the same MPI library
/// and the same versions of the backends' libraries. Throws UserError on a rank that has another one than
/// rank 0. Ranks may have unlike CPUs: returned are warnings that say so; on rank 0.
std::vector<std::string> compare_ranks(Cluster& cluster, const Options& options);

}  // namespace cnnbench
