#include "harness/machine/peak_memory.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "harness/machine/files.h"

namespace cnnbench {
namespace {

namespace fs = std::filesystem;

/// The folders in /proc of this process and its children.
std::vector<fs::path> processes() {
  std::vector<fs::path> all{"/proc/self"};
  std::error_code error;
  for (const fs::directory_entry& task : fs::directory_iterator("/proc/self/task", error))
    for (const std::string& child : split_words(read_text(task.path() / "children").value_or("")))
      all.push_back(fs::path("/proc") / child);
  return all;
}

}  // namespace

std::optional<std::int64_t> peak_memory_bytes() {
  std::optional<std::int64_t> sum;
  for (const fs::path& process : processes()) {
    const std::string status = read_text(process / "status").value_or("");
    const std::vector<std::string> words = split_words(find_value(status, "VmHWM").value_or(""));
    if (words.empty()) continue;
    if (const auto kib = to_integer(words[0])) sum = sum.value_or(0) + *kib * 1024;
  }
  return sum;
}

bool reset_peak_memory() {
  bool all = true;
  for (const fs::path& process : processes()) {
    std::ofstream file(process / "clear_refs");
    all = static_cast<bool>(file << "5" << std::flush) && all;
  }
  return all;
}

}  // namespace cnnbench
