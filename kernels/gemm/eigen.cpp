#include "kernels/gemm/eigen.h"

#include <stdexcept>

#include "kernels/gemm/library.h"

namespace cnnbench::gemm {
namespace {

/// The best that this CPU runs. Eigen itself is compiled for one instruction set and does not choose.
const EigenKernels* best_kernels() {
#if defined(__x86_64__)
  if (eigen_avx512() != nullptr && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
    return eigen_avx512();
  if (eigen_avx2() != nullptr && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return eigen_avx2();
#endif
  return eigen_baseline();
}

class EigenLibrary final : public Library {
 public:
  std::string version() const override {
    return std::to_string(kernels_.world) + "." + std::to_string(kernels_.major) + "." +
           std::to_string(kernels_.minor);
  }

  std::vector<std::pair<std::string, std::string>> facts() const override {
    return {{"threading", "OpenMP"}, {"library", "compiled in"}, {"instructions", kernel()}};
  }

  std::string kernel() const override { return kernels_.instructions; }
  void set_threads(int threads) const override { kernels_.set_threads(threads); }

  void multiply(std::int64_t m, std::int64_t n, std::int64_t k, const Matrix& a, const Matrix& b, float beta,
                float* c, std::int64_t stride) const override {
    kernels_.multiply(m, n, k, a.data, a.stride, a.transposed, b.data, b.stride, b.transposed, beta, c,
                      stride);
  }

 private:
  const EigenKernels& kernels_ = *best_kernels();
};

}  // namespace

std::string missing_eigen() {
  return eigen_baseline() == nullptr ? "not built: install libeigen3-dev, and configure and build again" : "";
}

std::unique_ptr<Library> open_eigen() {
  if (eigen_baseline() == nullptr) throw std::runtime_error(missing_eigen());
  return std::make_unique<EigenLibrary>();
}

}  // namespace cnnbench::gemm
