#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "kernels/gemm/cblas.h"
#include "kernels/gemm/vector_width.h"

namespace cnnbench::gemm {
namespace {

/// The OpenMP build first: see openblas.cpp.
const std::vector<std::string> files{"blis-openmp/libblis.so.4", "libblis.so.4", "libblis.so"};

/// Sizes are gint_t, by default as wide as a pointer; flags come back as one, too.
using Integer = std::intptr_t;

class Blis final : public Cblas {
 public:
  Blis()
      : Cblas(SharedObject(files)),
        set_threads_(object().function<void(Integer)>("bli_thread_set_num_threads")) {}

  std::string version() const override {
    const auto version = object().optional<const char*()>("bli_info_get_version_str");
    return version == nullptr ? "unknown" : version();
  }

  std::vector<std::pair<std::string, std::string>> facts() const override {
    return {{"threading", threading()}, {"library", object().file()}, {"architecture", kernel()}};
  }

  /// Of the configurations that the library was built with, the one that it chose for this CPU: "skx".
  std::string kernel() const override {
    const auto query = object().optional<int()>("bli_arch_query_id");
    const auto name = object().optional<const char*(int)>("bli_arch_string");
    return query == nullptr || name == nullptr ? "" : name(query());
  }

  std::vector<std::string> warnings() const override {
    // BLIS_ARCH_TYPE is no remedy: a number of a configuration that is not built in ends the program.
    std::string remedy = "a newer version may know this CPU";
    if (const char* const asked = std::getenv("BLIS_ARCH_TYPE"))
      remedy = fmt::format("BLIS_ARCH_TYPE={} is set", asked);
    const std::string warning = older_kernels("gemm:blis", kernel(), vectors_of_blis_architecture(kernel()),
                                              vectors_of_cpu(), remedy);
    return warning.empty() ? std::vector<std::string>{} : std::vector{warning};
  }

  void set_threads(int threads) const override { set_threads_(threads); }

 private:
  std::string threading() const {
    const auto enabled = [this](const char* symbol) {
      const auto flag = object().optional<Integer()>(symbol);
      return flag != nullptr && flag() != 0;
    };
    if (enabled("bli_info_get_enable_openmp")) return "OpenMP";
    return enabled("bli_info_get_enable_pthreads") ? "pthreads" : "sequential";
  }

  void (*set_threads_)(Integer);
};

}  // namespace

std::string missing_blis() {
  return SharedObject::missing(files, "libblis4-openmp");
}

std::unique_ptr<Library> open_blis() {
  return std::make_unique<Blis>();
}

}  // namespace cnnbench::gemm
