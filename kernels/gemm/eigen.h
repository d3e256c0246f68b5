#pragma once

#include <cstdint>

namespace cnnbench::gemm {

/// Eigen's matrix product compiled for one instruction set.
struct EigenKernels {
  const char* instructions;
  int world;  ///< of the version world.major.minor
  int major;
  int minor;
  void (*set_threads)(int threads);
  /// See Library::multiply.
  void (*multiply)(std::int64_t m, std::int64_t n, std::int64_t k, const float* a, std::int64_t stride_a,
                   bool transposed_a, const float* b, std::int64_t stride_b, bool transposed_b, float beta,
                   float* c, std::int64_t stride_c);
};

/// nullptr where Eigen was not there when this was built, or the compiler is not for such CPUs.
const EigenKernels* eigen_baseline();
const EigenKernels* eigen_avx2();
const EigenKernels* eigen_avx512();

}  // namespace cnnbench::gemm
