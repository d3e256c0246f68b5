// oneDNN's dnnl_sgemm, declared by hand from its documentation: only kernels/onednn includes its headers.
#include <dlfcn.h>
#include <omp.h>

#include <algorithm>
#include <stdexcept>

#include "kernels/gemm/library.h"
#include "kernels/gemm/shared_object.h"

namespace cnnbench::gemm {
namespace {

/// First the version that kernels/onednn brought along: of two in one process, one would call the other's
/// functions.
std::vector<std::string> library_files() {
  std::vector<std::string> names{"libdnnl.so.3.6", "libdnnl.so.3", "libdnnl.so.2", "libdnnl.so"};
  std::stable_partition(names.begin(), names.end(), [](const std::string& name) {
    return dlopen(name.c_str(), RTLD_NOW | RTLD_NOLOAD) != nullptr;
  });
  return names;
}

/// The head of dnnl_version_t, the same in 2.x and 3.x.
struct Version {
  int major;
  int minor;
  int patch;
  const char* hash;
  unsigned cpu_runtime;
};
constexpr unsigned runtime_sequential = 1;
constexpr unsigned runtime_openmp = 2;
constexpr unsigned runtime_tbb = 4;

class OneDnn final : public Library {
 public:
  OneDnn()
      : object_(library_files()),
        version_(object_.function<const Version*()>("dnnl_version")()),
        sgemm_(object_.function<Sgemm>("dnnl_sgemm")) {}

  std::string version() const override {
    return std::to_string(version_->major) + "." + std::to_string(version_->minor) + "." +
           std::to_string(version_->patch);
  }

  std::vector<std::pair<std::string, std::string>> facts() const override {
    const unsigned runtime = version_->cpu_runtime;
    return {{"threading", runtime == runtime_openmp       ? "OpenMP"
                          : runtime == runtime_sequential ? "sequential"
                          : runtime == runtime_tbb        ? "TBB"
                                                          : "other"},
            {"library", object_.file()}};
  }

  /// It has no number of threads but that of OpenMP.
  void set_threads(int threads) const override { omp_set_num_threads(threads); }

  void multiply(std::int64_t m, std::int64_t n, std::int64_t k, const Matrix& a, const Matrix& b, float beta,
                float* c, std::int64_t stride) const override {
    const auto letter = [](const Matrix& matrix) { return matrix.transposed ? 'T' : 'N'; };
    if (sgemm_(letter(a), letter(b), m, n, k, 1.0F, a.data, a.stride, b.data, b.stride, beta, c, stride) != 0)
      throw std::runtime_error("dnnl_sgemm failed");
  }

 private:
  using Sgemm = int(char transposed_a, char transposed_b, std::int64_t m, std::int64_t n, std::int64_t k,
                    float alpha, const float* a, std::int64_t stride_a, const float* b, std::int64_t stride_b,
                    float beta, float* c, std::int64_t stride_c);
  SharedObject object_;
  const Version* version_;
  Sgemm* sgemm_;
};

}  // namespace

std::string missing_onednn() {
  return SharedObject::missing(library_files(), "libdnnl-dev");
}

std::unique_ptr<Library> open_onednn() {
  return std::make_unique<OneDnn>();
}

}  // namespace cnnbench::gemm
