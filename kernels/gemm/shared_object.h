#pragma once

#include <string>
#include <vector>

namespace cnnbench::gemm {

/// A shared library opened at run time. Its symbols stay its own (RTLD_LOCAL), so that several libraries with
/// the same functions live in one process; it stays loaded, as the threads of its pool may be asleep inside.
class SharedObject {
 public:
  /// Opens the first of `candidates` that is there: see find. Throws std::runtime_error where none is.
  explicit SharedObject(const std::vector<std::string>& candidates);

  /// The first candidate that is there, empty where none is. A candidate is a path relative to the folder of
  /// the system's libraries, such as "openblas-openmp/libopenblas.so.0", or a file name, for which the
  /// loader's own search path is tried as well. Nothing is loaded where the folder already answers.
  static std::string find(const std::vector<std::string>& candidates);

  /// What to say where no candidate is there and `package` would bring one; empty where one is there.
  static std::string missing(const std::vector<std::string>& candidates, const std::string& package);

  /// Closes it and opens it anew with an environment variable set meanwhile, for libraries that read it when
  /// they are loaded. To be called before any other use.
  void reopen_with(const char* variable, const char* value);

  bool reopened() const { return reopened_; }

  /// The file that was loaded, without symbolic links.
  std::string file() const;

  /// The function of that name; nullptr where there is none.
  template <typename Function>
  Function* optional(const char* symbol) const {
    return reinterpret_cast<Function*>(address(symbol));
  }

  /// Throws std::runtime_error where there is none.
  template <typename Function>
  Function* function(const char* symbol) const {
    return reinterpret_cast<Function*>(needed_address(symbol));
  }

 private:
  void open();
  void* address(const char* symbol) const;
  void* needed_address(const char* symbol) const;

  std::string name_;
  void* handle_ = nullptr;
  bool reopened_ = false;
};

}  // namespace cnnbench::gemm
