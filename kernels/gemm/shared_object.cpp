#include "kernels/gemm/shared_object.h"

#include <dlfcn.h>
#include <link.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace cnnbench::gemm {
namespace {

/// Where the system's libraries lie (on Debian /usr/lib/<architecture>): beside the C library.
std::filesystem::path library_folder() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<void*>(&std::abort), &info) == 0 || info.dli_fname == nullptr) return {};
  return std::filesystem::path(info.dli_fname).parent_path();
}

}  // namespace

std::string SharedObject::find(const std::vector<std::string>& candidates) {
  const std::filesystem::path folder = library_folder();
  for (const std::string& candidate : candidates) {
    std::error_code error;
    if (const auto path = folder / candidate; std::filesystem::exists(path, error)) return path.string();
    const bool file_name = candidate.find('/') == std::string::npos;
    void* const handle = file_name ? dlopen(candidate.c_str(), RTLD_NOW | RTLD_LOCAL) : nullptr;
    if (handle == nullptr) continue;
    dlclose(handle);  // it is opened anew, perhaps with another environment
    return candidate;
  }
  return {};
}

std::string SharedObject::missing(const std::vector<std::string>& candidates, const std::string& package) {
  if (!find(candidates).empty()) return {};
  return std::filesystem::path(candidates.front()).filename().string() + " is not there: install " + package;
}

SharedObject::SharedObject(const std::vector<std::string>& candidates) : name_(find(candidates)) {
  if (name_.empty()) throw std::runtime_error(candidates.back() + " is not there");
  open();
}

void SharedObject::open() {
  handle_ = dlopen(name_.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle_ == nullptr) throw std::runtime_error(std::string("cannot be loaded: ") + dlerror());
}

void SharedObject::reopen_with(const char* variable, const char* value) {
  dlclose(handle_);
  setenv(variable, value, 1);
  open();
  unsetenv(variable);
  reopened_ = true;
}

std::string SharedObject::file() const {
  link_map* map = nullptr;
  if (dlinfo(handle_, RTLD_DI_LINKMAP, &map) != 0) return {};
  std::error_code error;
  const auto path = std::filesystem::canonical(map->l_name, error);
  return error ? map->l_name : path.string();
}

void* SharedObject::address(const char* symbol) const {
  return dlsym(handle_, symbol);
}

void* SharedObject::needed_address(const char* symbol) const {
  void* const found = address(symbol);
  if (found == nullptr) throw std::runtime_error(file() + " has no function " + symbol);
  return found;
}

}  // namespace cnnbench::gemm
