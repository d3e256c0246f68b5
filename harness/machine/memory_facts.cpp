#include "harness/machine/memory_facts.h"

#include <algorithm>
#include <string>

#include "harness/machine/cgroup.h"
#include "harness/machine/facts.h"
#include "harness/machine/files.h"
#include "harness/machine/nullable.h"

namespace cnnbench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// A line of /proc/meminfo: "MemTotal:  24684092 kB", or a plain count.
std::optional<std::int64_t> meminfo(const std::string& text, const char* key) {
  const std::vector<std::string> words = split_words(find_value(text, key).value_or(""));
  if (words.empty()) return std::nullopt;
  const std::optional<std::int64_t> value = to_integer(words[0]);
  const std::int64_t unit = words.size() > 1 && words[1] == "kB" ? 1024 : 1;
  return value ? std::optional(*value * unit) : std::nullopt;
}

/// The word in brackets of "always [madvise] never".
Json transparent_huge_pages(const fs::path& root) {
  const std::string text = read_text(root / "sys/kernel/mm/transparent_hugepage/enabled").value_or("");
  const std::size_t open = text.find('[');
  const std::size_t close = text.find(']');
  if (open == std::string::npos || close == std::string::npos || close < open) return nullptr;
  return text.substr(open + 1, close - open - 1);
}

}  // namespace

std::optional<std::int64_t> available_memory_bytes(const fs::path& root) {
  const std::string text = read_text(root / "proc/meminfo").value_or("");
  const std::optional<std::int64_t> kernel = meminfo(text, "MemAvailable");
  const std::optional<std::int64_t> cgroup = read_cgroup_limits(root).memory_room_bytes;
  if (kernel && cgroup) return std::min(*kernel, *cgroup);
  return kernel ? kernel : cgroup;
}

std::optional<std::int64_t> available_memory_bytes() {
  return available_memory_bytes("/");
}

Json memory_facts(const fs::path& root) {
  const std::string text = read_text(root / "proc/meminfo").value_or("");
  return {{"memory_bytes", nullable(meminfo(text, "MemTotal"))},
          {"memory_available_bytes", nullable(available_memory_bytes(root))},
          {"huge_pages",
           {{"transparent", transparent_huge_pages(root)},
            {"reserved", nullable(meminfo(text, "HugePages_Total"))},
            {"page_bytes", nullable(meminfo(text, "Hugepagesize"))}}}};
}

}  // namespace cnnbench
