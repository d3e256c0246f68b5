#include "harness/backend/choice.h"

#include <dlfcn.h>

#include <filesystem>
#include <stdexcept>

namespace cnnbench {
namespace {

/// Where the modules of this program lie: beside the program in the build, else in the library folder that it
/// was installed with.
std::filesystem::path module_path(const std::string& file) {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  const std::filesystem::path installed = program / CNNBENCH_INSTALLED_MODULES / file;
  return std::filesystem::exists(installed, error) ? installed.lexically_normal()
                                                   : std::filesystem::path(CNNBENCH_BUILT_MODULES) / file;
}

/// What the module offers. It stays loaded: its backends live as long as the program.
std::vector<BackendChoice> load(const std::string& file) {
  void* const module = dlopen(module_path(file).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) throw std::runtime_error(std::string("cannot be loaded: ") + dlerror());
  void* const entry = dlsym(module, "cnnbench_module_backends");
  if (entry == nullptr) throw std::runtime_error(file + " is no module of backends");
  std::vector<BackendChoice> choices;
  reinterpret_cast<void (*)(std::vector<BackendChoice>*)>(entry)(&choices);
  return choices;
}

}  // namespace

std::vector<BackendChoice> module_backends(const std::string& file, const std::vector<std::string>& names,
                                           const std::string& package) {
  std::vector<BackendChoice> choices;
  for (const std::string& name : names) {
    BackendChoice choice;
    choice.name = name;
    if (file.empty())
      choice.missing = "not built: install " + package + ", and configure and build again";
    else
      choice.make = [file, name] {
        for (const BackendChoice& offered : load(file))
          if (offered.name == name) return offered.make();
        throw std::runtime_error(file + " has no backend '" + name + "'");
      };
    choices.push_back(std::move(choice));
  }
  return choices;
}

}  // namespace cnnbench
