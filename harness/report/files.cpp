#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "harness/report/report.h"

namespace cnnbench {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& what, const fs::path& path, int error) {
  throw std::runtime_error(fmt::format("cannot {} '{}': {}", what, path.string(), std::strerror(error)));
}

/// Anything at all has that name, a dangling link too.
bool is_taken(const fs::path& path) {
  struct stat status;
  return ::lstat(path.c_str(), &status) == 0;
}

/// Makes the folder with the parents that it lacks; returns what it made, the outermost first.
std::vector<fs::path> make_with_parents(const fs::path& folder) {
  std::vector<fs::path> made;
  fs::path path;
  for (const fs::path& part : folder) {
    path /= part;
    if (part.empty() || part == "." || part == ".." || is_taken(path)) continue;
    if (::mkdir(path.c_str(), 0777) == 0) {
      made.push_back(path);
    } else if (errno != EEXIST) {  // another run may have made it just now
      const int error = errno;
      for (auto each = made.rbegin(); each != made.rend(); ++each) ::rmdir(each->c_str());
      fail("create folder", path, error);
    }
  }
  return made;
}

/// Makes a new folder of that name in `output`; where it is taken, with -2, -3, ….
fs::path make_new(const fs::path& output, const std::string& name) {
  for (int i = 1;; ++i) {
    const fs::path path = output / (i == 1 ? name : fmt::format("{}-{}", name, i));
    if (::mkdir(path.c_str(), 0777) == 0) return path;
    if (errno != EEXIST) fail("create a folder in", output, errno);
  }
}

/// Writes the whole text, for the file that messages show, and waits until it is on the disk, since only then
/// a full disk is sure to have been noticed.
void write_file(const fs::path& path, const std::string& text, const fs::path& shown) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) fail("create", shown, errno);
  int error = 0;
  for (std::size_t done = 0; done < text.size() && error == 0;) {
    const ssize_t written = ::write(file, text.data() + done, text.size() - done);
    if (written >= 0)
      done += static_cast<std::size_t>(written);
    else if (errno != EINTR)
      error = errno;
  }
  // Some file systems cannot sync; that is no reason to lose a result.
  if (error == 0 && ::fsync(file) != 0 && errno != EINVAL && errno != EROFS && errno != ENOSYS) error = errno;
  if (::close(file) != 0 && error == 0 && errno != EINTR) error = errno;
  if (error != 0) fail("write", shown, error);
}

/// Replaces the file in one step: readers, and a run that is killed in between, have the old one or the new
/// one.
void replace_file(const fs::path& path, const std::string& text) {
  const fs::path next = path.parent_path() / ("." + path.filename().string() + ".new");
  try {
    write_file(next, text, path);
    if (std::rename(next.c_str(), path.c_str()) != 0) fail("replace", path, errno);
  } catch (...) {
    ::unlink(next.c_str());
    throw;
  }
}

/// Letters, digits and a few signs stay; all else, slashes first, becomes '_'. Leaves room for a suffix in
/// the 255 bytes of a file name.
std::string safe_name(std::string name) {
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && std::strchr("._+-", c) == nullptr) c = '_';
  return name.substr(0, 160);
}

/// "20261121T215745Z-vgg16".
std::string folder_name(const Report& report) {
  std::string time = report.start_time;
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  return safe_name(time + "-" + report.name);
}

}  // namespace

ResultFolder::ResultFolder(const Report& report, const fs::path& output) {
  const fs::path base = output.empty() ? fs::path(".") : output;
  parents_ = make_with_parents(base);
  try {
    path_ = make_new(base, folder_name(report));
  } catch (...) {
    remove();
    throw;
  }
}

ResultFolder::~ResultFolder() {
  if (!written_) remove();
}

void ResultFolder::write(const Report& report) {
  // Text that is not UTF-8 (a file name, a config) must not cost the result.
  const std::string json =
      result_json(report).dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  replace_file(path_ / "result.json", json + '\n');
  written_ = true;
  replace_file(path_ / "layers.csv", layers_csv(report));
  if (const std::string csv = backends_csv(report); !csv.empty()) replace_file(path_ / "backends.csv", csv);
}

void ResultFolder::remove() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
  for (auto each = parents_.rbegin(); each != parents_.rend(); ++each) ::rmdir(each->c_str());
  path_.clear();
  parents_.clear();
  written_ = false;
}

void check_writable(const fs::path& output) {
  Report nothing;
  nothing.name = fmt::format("cnnbench-{}", ::getpid());
  ResultFolder folder(nothing, output);
  replace_file(folder.path() / "test", "test\n");
}

}  // namespace cnnbench
