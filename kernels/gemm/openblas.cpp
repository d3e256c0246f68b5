#include <fmt/format.h>

#include <cstdlib>
#include <sstream>

#include "kernels/gemm/cblas.h"
#include "kernels/gemm/vector_width.h"

namespace cnnbench::gemm {
namespace {

/// The OpenMP build first: it works on the thread pool that our loops and oneDNN use. The threads of a build
/// with a pool of its own would spin for a while after every call.
const std::vector<std::string> files{"openblas-openmp/libopenblas.so.0", "libopenblas.so.0"};

/// What a user sets to choose the core; read when the library is loaded.
constexpr const char* core_variable = "OPENBLAS_CORETYPE";

std::string core_of(const SharedObject& object) {
  const auto core = object.optional<const char*()>("openblas_get_corename");
  return core == nullptr ? "" : core();
}

/// A core whose kernels use these vectors; empty for the least, which every core has.
const char* widest_core(Vectors vectors) {
  switch (vectors) {
    case Vectors::avx512:
      return "SkylakeX";
    case Vectors::avx2:
      return "Haswell";
    case Vectors::avx:
      return "Sandybridge";
    case Vectors::sse:
      return "";
  }
  return "";
}

/// The core whose kernels run on this CPU, where the library does not know that: an older version takes one
/// of 2004 (Prescott, SSE3) for CPUs that came after it, at a fifth of the speed. Empty where there is
/// nothing to set right.
const char* better_core(const SharedObject& object) {
  if (std::getenv(core_variable) != nullptr || core_of(object) != "Prescott") return "";
  return widest_core(vectors_of_cpu());
}

SharedObject open_with_best_core() {
  SharedObject object(files);
  if (const std::string core = better_core(object); !core.empty())
    object.reopen_with(core_variable, core.c_str());
  return object;
}

class OpenBlas final : public Cblas {
 public:
  OpenBlas()
      : Cblas(open_with_best_core()),
        set_threads_(object().function<void(int)>("openblas_set_num_threads")) {}

  /// The second word of "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH …".
  std::string version() const override {
    const auto config = object().optional<const char*()>("openblas_get_config");
    std::istringstream words(config == nullptr ? "" : config());
    std::string version;
    words >> version >> version;
    return version.empty() ? "unknown" : version;
  }

  std::vector<std::pair<std::string, std::string>> facts() const override {
    return {{"threading", threading()},
            {"library", object().file()},
            {"core", kernel() + (object().reopened() ? ", set: the library does not know this CPU" : "")}};
  }

  std::string kernel() const override { return core_of(object()); }

  std::vector<std::string> warnings() const override {
    const char* const asked = std::getenv(core_variable);
    const Vectors cpu = vectors_of_cpu();
    const std::string better = fmt::format("{}={} mends it", core_variable, widest_core(cpu));
    const std::string warning = older_kernels(
        "gemm:openblas", kernel(), vectors_of_openblas_core(kernel()), cpu,
        asked == nullptr ? better : fmt::format("{}={} is set; {}", core_variable, asked, better));
    return warning.empty() ? std::vector<std::string>{} : std::vector{warning};
  }

  void set_threads(int threads) const override { set_threads_(threads); }

 private:
  std::string threading() const {
    const auto parallel = object().optional<int()>("openblas_get_parallel");
    if (parallel == nullptr) return "unknown";
    switch (parallel()) {  // OPENBLAS_SEQUENTIAL, OPENBLAS_THREAD, OPENBLAS_OPENMP of its cblas.h
      case 0:
        return "sequential";
      case 1:
        return "pthreads";
      case 2:
        return "OpenMP";
      default:
        return "other";
    }
  }

  void (*set_threads_)(int);
};

}  // namespace

std::string missing_openblas() {
  return SharedObject::find(files).empty() ? "libopenblas.so.0 is not there: install libopenblas0-openmp"
                                           : "";
}

std::unique_ptr<Library> open_openblas() {
  return std::make_unique<OpenBlas>();
}

}  // namespace cnnbench::gemm
