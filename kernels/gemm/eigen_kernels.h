#pragma once

// Included by eigen_*.cpp, each compiled for another instruction set, with `Eigen` defined as a name of its
// own: two Eigens that differ by their instructions alone would be one for the linker, which would keep
// either.
#if __has_include(<eigen3/Eigen/Core>)
#include <eigen3/Eigen/Core>

#include "kernels/gemm/eigen.h"

namespace cnnbench::gemm {
namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using ConstView = Eigen::Map<const RowMajor, Eigen::Unaligned, Eigen::OuterStride<>>;
using View = Eigen::Map<RowMajor, Eigen::Unaligned, Eigen::OuterStride<>>;

template <typename A, typename B>
void multiply_views(const A& a, const B& b, float beta, View& c) {
  if (beta == 0.0F) {
    c.noalias() = a * b;
    return;
  }
  if (beta != 1.0F) c *= beta;
  c.noalias() += a * b;
}

void eigen_multiply(std::int64_t m, std::int64_t n, std::int64_t k, const float* a, std::int64_t stride_a,
                    bool transposed_a, const float* b, std::int64_t stride_b, bool transposed_b, float beta,
                    float* c, std::int64_t stride_c) {
  const ConstView left(a, transposed_a ? k : m, transposed_a ? m : k, Eigen::OuterStride<>(stride_a));
  const ConstView right(b, transposed_b ? n : k, transposed_b ? k : n, Eigen::OuterStride<>(stride_b));
  View result(c, m, n, Eigen::OuterStride<>(stride_c));
  if (transposed_a && transposed_b)
    multiply_views(left.transpose(), right.transpose(), beta, result);
  else if (transposed_a)
    multiply_views(left.transpose(), right, beta, result);
  else if (transposed_b)
    multiply_views(left, right.transpose(), beta, result);
  else
    multiply_views(left, right, beta, result);
}

void eigen_set_threads(int threads) {
  Eigen::setNbThreads(threads);
}

constexpr EigenKernels eigen_kernels(const char* instructions) {
  return {instructions,        EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION,
          EIGEN_MINOR_VERSION, eigen_set_threads,   eigen_multiply};
}

}  // namespace
}  // namespace cnnbench::gemm
#define CNNBENCH_EIGEN 1
#endif
