#pragma once

#include "kernels/gemm/library.h"
#include "kernels/gemm/shared_object.h"

namespace cnnbench::gemm {

/// cblas_sgemm of a shared library: what OpenBLAS and BLIS have in common.
class Cblas : public Library {
 public:
  explicit Cblas(SharedObject object);
  void multiply(std::int64_t m, std::int64_t n, std::int64_t k, const Matrix& a, const Matrix& b, float beta,
                float* c, std::int64_t stride) const final;

 protected:
  const SharedObject& object() const { return object_; }

 private:
  using Sgemm = void(int order, int transposed_a, int transposed_b, int m, int n, int k, float alpha,
                     const float* a, int stride_a, const float* b, int stride_b, float beta, float* c,
                     int stride_c);
  SharedObject object_;
  Sgemm* sgemm_;
};

}  // namespace cnnbench::gemm
