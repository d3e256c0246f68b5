#define Eigen CnnbenchEigen_avx2  // see eigen_kernels.h
#include "kernels/gemm/eigen.h"
#if defined(__AVX2__) && defined(__FMA__)
#include "kernels/gemm/eigen_kernels.h"
#endif

namespace cnnbench::gemm {

const EigenKernels* eigen_avx2() {
#ifdef CNNBENCH_EIGEN
  static constexpr EigenKernels kernels = eigen_kernels("AVX2");
  return &kernels;
#else
  return nullptr;
#endif
}

}  // namespace cnnbench::gemm
