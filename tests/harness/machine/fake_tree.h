#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace cnnbench {

/// A folder that stands for the root of a machine's file system; removed at the end.
class FakeTree {
 public:
  FakeTree() {
    std::string name = (std::filesystem::temp_directory_path() / "cnnbench-tree-XXXXXX").string();
    root_ = mkdtemp(name.data());
  }
  ~FakeTree() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  FakeTree(const FakeTree&) = delete;
  FakeTree& operator=(const FakeTree&) = delete;

  const std::filesystem::path& root() const { return root_; }

  /// Writes a file, its path as on the machine without the leading slash.
  FakeTree& write(const std::string& file, const std::string& text) {
    std::filesystem::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
    return *this;
  }

 private:
  std::filesystem::path root_;
};

}  // namespace cnnbench
