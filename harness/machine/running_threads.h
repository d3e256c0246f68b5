#pragma once

#include <filesystem>

namespace cnnbench {

/// How many threads of a process are on a core or wait for one (state R in /proc/PID/task/TID/stat, proc(5));
/// the calling thread is left out. 0 where the process is not there.
int running_threads(int process, const std::filesystem::path& root = "/");

/// The number of this process.
int this_process();

}  // namespace cnnbench
