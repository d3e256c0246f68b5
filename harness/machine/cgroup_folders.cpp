#include "harness/machine/cgroup_folders.h"

#include <algorithm>
#include <optional>
#include <sstream>
#include <string>

#include "harness/machine/files.h"

namespace cnnbench {
namespace {

namespace fs = std::filesystem;

bool has_item(const std::string& comma_separated, std::string_view item) {
  std::istringstream items(comma_separated);
  for (std::string one; std::getline(items, one, ',');) {
    if (one == item) return true;
  }
  return false;
}

/// From /proc/self/cgroup, lines "id:controllers:path"; version 2 has no controllers.
std::optional<std::string> group_path(const fs::path& root, std::string_view controller) {
  std::istringstream lines(read_text(root / "proc/self/cgroup").value_or(""));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool found = controller.empty() ? controllers.empty() && line.substr(0, first) == "0"
                                          : has_item(controllers, controller);
    if (found) return line.substr(second + 1);
  }
  return std::nullopt;
}

/// mountinfo writes white space and backslashes as three octal digits.
std::string unescape(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

struct Mount {
  fs::path group;   ///< the group that is its top
  fs::path folder;  ///< where it is mounted
};

/// From /proc/self/mountinfo: id parent device GROUP FOLDER options [optional …] - TYPE source SUPER_OPTIONS.
std::optional<Mount> find_mount(const fs::path& root, std::string_view controller) {
  std::istringstream lines(read_text(root / "proc/self/mountinfo").value_or(""));
  for (std::string line; std::getline(lines, line);) {
    const std::vector<std::string> words = split_words(line);
    const auto dash = std::find(words.begin(), words.end(), "-");
    if (dash - words.begin() < 6 || words.end() - dash < 4) continue;
    const bool found =
        controller.empty() ? dash[1] == "cgroup2" : dash[1] == "cgroup" && has_item(dash[3], controller);
    if (found) return Mount{unescape(words[3]), unescape(words[4])};
  }
  return std::nullopt;
}

}  // namespace

std::vector<fs::path> cgroup_folders(const fs::path& root, std::string_view controller) {
  const std::optional<std::string> group = group_path(root, controller);
  const std::optional<Mount> mount = find_mount(root, controller);
  if (!group || !mount) return {};
  const fs::path top = root / mount->folder.relative_path();
  // A path that is not below what is mounted belongs to another name space: only the top can be read.
  fs::path inside = fs::path(*group).lexically_relative(mount->group);
  if (inside.empty() || *inside.begin() == "..") inside = ".";
  std::vector<fs::path> folders;
  for (; !inside.empty() && inside != "."; inside = inside.parent_path()) folders.push_back(top / inside);
  folders.push_back(top);
  return folders;
}

}  // namespace cnnbench
