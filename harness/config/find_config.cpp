#include <fmt/format.h>

#include <algorithm>

#include "harness/config/config.h"
#include "harness/config/utf8.h"

namespace cnnbench {
namespace {

namespace fs = std::filesystem;

bool is_config_file(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error) && !fs::is_directory(path, error);
}

/// Names that could have been meant: as they are looked up, so with and without .yaml. Sorted: the order of a
/// folder is the file system's.
std::vector<std::string> known_names(const std::vector<fs::path>& folders) {
  std::vector<std::string> names;
  for (const fs::path& folder : folders) {
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
      if (entry->path().extension() != ".yaml") continue;
      names.push_back(entry->path().stem().string());
      names.push_back(entry->path().filename().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

fs::path find_config(const std::string& name, const std::vector<fs::path>& folders) {
  if (name.empty())
    throw ConfigError("the name of a config is empty; expected a file or the name of an installed config");
  if (is_config_file(name)) return name;
  for (const fs::path& folder : folders) {
    for (const fs::path& candidate : {folder / name, folder / (name + ".yaml")}) {
      if (is_config_file(candidate)) return candidate;
    }
  }
  std::error_code error;
  if (fs::exists(name, error)) return name;  // a folder: load_config says so
  std::string places = "no such file";
  for (const fs::path& folder : folders) {
    places += (&folder == &folders.front() ? ", and no such name in " : ", ") + folder.string();
  }
  const std::string meant = nearest(fs::path(name).filename().string(), known_names(folders));
  const std::string hint = meant.empty() ? "" : fmt::format("; did you mean '{}'?", meant);
  throw ConfigError(fmt::format("cannot find config {}: {}{}", in_quotes(name), places, hint));
}

}  // namespace cnnbench
