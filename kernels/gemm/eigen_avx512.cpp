#if defined(__GNUC__) && !defined(__clang__)
// False alarms on the intrinsics of AVX-512 in GCC 12 (its bug 105593).
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#define Eigen CnnbenchEigen_avx512  // see eigen_kernels.h
#include "kernels/gemm/eigen.h"
#if defined(__AVX512F__) && defined(__AVX512DQ__)
#include "kernels/gemm/eigen_kernels.h"
#endif

namespace cnnbench::gemm {

const EigenKernels* eigen_avx512() {
#ifdef CNNBENCH_EIGEN
  static constexpr EigenKernels kernels = eigen_kernels("AVX-512");
  return &kernels;
#else
  return nullptr;
#endif
}

}  // namespace cnnbench::gemm
