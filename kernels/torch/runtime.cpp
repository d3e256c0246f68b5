#include "kernels/torch/runtime.h"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <dlfcn.h>
#include <torch/csrc/api/include/torch/version.h>

namespace cnnbench::torch {
namespace {

/// A function of the BLAS that the library is linked with, if it has it.
template <typename Function>
Function* blas_function(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name));
}

/// What follows `key` in a text, up to one of `ends`; empty where the text does not have it.
std::string after(const std::string& text, const std::string& key, const char* ends) {
  const std::size_t found = text.find(key);
  if (found == std::string::npos) return "";
  const std::size_t begin = found + key.size();
  return text.substr(begin, text.find_first_of(ends, begin) - begin);
}

std::string blas_name() {
  if (const auto config = blas_function<char*()>("openblas_get_config")) {
    std::string name = after(std::string("<") + config(), "<", " ") + " " + after(config(), "OpenBLAS ", " ");
    // An older version takes a CPU that it does not know for one of 2004; OPENBLAS_CORETYPE says otherwise.
    if (const auto core = blas_function<char*()>("openblas_get_corename"))
      name += std::string(", core ") + core();
    return name;
  }
  if (const auto version = blas_function<const char*()>("bli_info_get_version_str"))
    return std::string("BLIS ") + version();
  return "unknown";
}

}  // namespace

void set_threads(int threads) {
  static const bool once = [] {
    at::set_num_interop_threads(1);
    return true;
  }();
  static_cast<void>(once);
  at::set_num_threads(threads);
  // A BLAS with a pool of its own does not follow OpenMP's number.
  if (const auto set = blas_function<void(int)>("openblas_set_num_threads")) set(threads);
  if (const auto set = blas_function<void(long)>("bli_thread_set_num_threads")) set(threads);
}

std::string library_version() {
  const std::string version = after(at::show_config(), "TORCH_VERSION=", ", \n");
  return version.empty() ? TORCH_VERSION : version;
}

std::vector<std::pair<std::string, std::string>> library_facts() {
  const std::string config = at::show_config();
  return {{"threading", after(at::get_parallel_info(), "ATen parallel backend: ", "\n")},
          {"effective_isa", after(config, "CPU capability usage: ", "\n")},
          {"onednn", after(config, "MKL-DNN v", " \n")},
          {"blas", blas_name()}};
}

}  // namespace cnnbench::torch
