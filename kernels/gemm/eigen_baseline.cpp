#define Eigen CnnbenchEigen_baseline  // see eigen_kernels.h
#include "kernels/gemm/eigen.h"
#include "kernels/gemm/eigen_kernels.h"

namespace cnnbench::gemm {

const EigenKernels* eigen_baseline() {
#ifdef CNNBENCH_EIGEN
  static constexpr EigenKernels kernels = eigen_kernels("baseline");
  return &kernels;
#else
  return nullptr;
#endif
}

}  // namespace cnnbench::gemm
