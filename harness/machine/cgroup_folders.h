#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

namespace cnnbench {

/// The folders of this process's control group and of its parents as far as they are mounted, innermost
/// first. `controller` "memory", "cpu", … finds version 1, "" finds version 2. Empty where that is not
/// mounted.
std::vector<std::filesystem::path> cgroup_folders(const std::filesystem::path& root,
                                                  std::string_view controller);

}  // namespace cnnbench
