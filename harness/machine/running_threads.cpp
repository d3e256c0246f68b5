#include "harness/machine/running_threads.h"

#include <unistd.h>

#include <string>

#include "harness/machine/files.h"

namespace cnnbench {

int running_threads(int process, const std::filesystem::path& root) {
  const std::string own = std::to_string(gettid());
  int running = 0;
  std::error_code error;
  const std::filesystem::path tasks = root / "proc" / std::to_string(process) / "task";
  for (const auto& task : std::filesystem::directory_iterator(tasks, error)) {
    if (task.path().filename() == own) continue;
    // The state is the word after the name, which stands in brackets and may hold any characters.
    const std::string stat = read_text(task.path() / "stat").value_or("");
    const std::size_t name_end = stat.rfind(')');
    if (name_end != std::string::npos && stat.substr(name_end, 3) == ") R") ++running;
  }
  return running;
}

int this_process() {
  return getpid();
}

}  // namespace cnnbench
