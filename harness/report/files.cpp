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

/// Folders that were made on the way; all that is not kept is removed again, so that a failure leaves nothing
/// behind.
class NewFolders {
 public:
  NewFolders() = default;
  NewFolders(const NewFolders&) = delete;
  NewFolders& operator=(const NewFolders&) = delete;
  ~NewFolders() {
    std::error_code ignored;
    if (!scratch_.empty()) fs::remove_all(scratch_, ignored);
    for (auto path = parents_.rbegin(); path != parents_.rend(); ++path) ::rmdir(path->c_str());
  }

  /// Makes `output` with the parents that it lacks.
  void make_output(const fs::path& output) {
    fs::path path;
    for (const fs::path& part : output) {
      path /= part;
      if (part.empty() || part == "." || part == ".." || is_taken(path)) continue;
      if (::mkdir(path.c_str(), 0777) == 0)
        parents_.push_back(path);
      else if (errno != EEXIST)  // another run may have made it just now
        fail("create folder", path, errno);
    }
  }

  /// Makes a hidden folder in `output`, to be filled before it gets its name.
  const fs::path& make_scratch(const fs::path& output, const std::string& name) {
    for (int i = 0;; ++i) {
      const fs::path path = output / fmt::format(".{}.{}.{}", name, ::getpid(), i);
      if (::mkdir(path.c_str(), 0777) == 0) return scratch_ = path;
      if (errno != EEXIST) fail("create a folder in", output, errno);
    }
  }

  /// The work is done: the scratch folder has become the result.
  void keep() {
    scratch_.clear();
    parents_.clear();
  }

 private:
  std::vector<fs::path> parents_;
  fs::path scratch_;
};

/// Writes the whole text and waits until it is on the disk, since only then a full disk is sure to have been
/// noticed.
void write_file(const fs::path& path, const std::string& text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0) fail("create", path, errno);
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
  if (error != 0) fail("write", path, error);
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

/// Gives the finished folder its name; where that is taken, with -2, -3, …
fs::path rename_into_place(const fs::path& scratch, const fs::path& output, const std::string& name) {
  for (int i = 1;; ++i) {
    const fs::path target = output / (i == 1 ? name : fmt::format("{}-{}", name, i));
    if (is_taken(target)) continue;
    if (std::rename(scratch.c_str(), target.c_str()) == 0) return target;
    if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR) fail("create folder", target, errno);
  }
}

}  // namespace

fs::path write_results(const Report& report, const fs::path& output) {
  const fs::path base = output.empty() ? fs::path(".") : output;
  const std::string name = folder_name(report);
  // Text that is not UTF-8 (a file name, a config) must not cost the result.
  const std::string json =
      result_json(report).dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  NewFolders folders;
  folders.make_output(base);
  const fs::path scratch = folders.make_scratch(base, name);
  write_file(scratch / "result.json", json + '\n');
  write_file(scratch / "layers.csv", layers_csv(report));
  if (const std::string csv = backends_csv(report); !csv.empty()) write_file(scratch / "backends.csv", csv);
  const fs::path result = rename_into_place(scratch, base, name);
  folders.keep();
  return result;
}

void check_writable(const fs::path& output) {
  const fs::path base = output.empty() ? fs::path(".") : output;
  NewFolders folders;
  folders.make_output(base);
  write_file(folders.make_scratch(base, "cnnbench") / "test", "test\n");
}

}  // namespace cnnbench
