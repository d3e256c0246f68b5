#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/backend/backend.h"

namespace cnnbench {

/// One name that --backend takes, and how to get that backend. A folder of kernels offers one or several:
/// `std::vector<BackendChoice> FOLDER_backends()` in its backend.cpp.
struct BackendChoice {
  std::string name;     ///< "gemm:openblas", "onednn:layout=nchw"
  std::string about;    ///< in a few words, for --list-backends
  std::string missing;  ///< why it is not there and what would bring it; empty: it is there
  /// Throws std::runtime_error where it is not there after all.
  std::function<std::unique_ptr<Backend>()> make;
  /// Variables that a process must have started with for this backend; where there are any, it runs in a
  /// process of its own.
  std::vector<std::pair<std::string, std::string>> environment;
};

/// All names, in the order of the build's list.
const std::vector<BackendChoice>& backend_choices();

/// The backend of that name, made when it is first asked for; nullptr where there is none or it is missing.
/// Throws what `make` throws. One that wants variables of its own works as intended only in a process that
/// has them.
const Backend* find_backend(std::string_view name);

/// Backends of a folder that is built as a module, loaded when one of them is first asked for, so that a
/// program that does not use them carries nothing of their libraries. `file` is empty where the module was
/// not built; `package` would bring what it is built on.
std::vector<BackendChoice> module_backends(const std::string& file, const std::vector<std::string>& names,
                                           const std::string& package);

}  // namespace cnnbench
