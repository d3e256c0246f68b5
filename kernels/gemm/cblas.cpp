#include "kernels/gemm/cblas.h"

#include <limits>
#include <stdexcept>

namespace cnnbench::gemm {
namespace {

// Enumerators of the C interface to the BLAS (BLAS Technical Forum 2001, appendix B).
constexpr int row_major = 101;
constexpr int no_transpose = 111;
constexpr int transpose = 112;

int to_int(std::int64_t size) {
  if (size > std::numeric_limits<int>::max())
    throw std::runtime_error("a matrix is too large for the library's 32-bit sizes");
  return static_cast<int>(size);
}

int transposition(const Matrix& matrix) {
  return matrix.transposed ? transpose : no_transpose;
}

}  // namespace

Cblas::Cblas(SharedObject object)
    : object_(std::move(object)), sgemm_(object_.function<Sgemm>("cblas_sgemm")) {}

void Cblas::multiply(std::int64_t m, std::int64_t n, std::int64_t k, const Matrix& a, const Matrix& b,
                     float beta, float* c, std::int64_t stride) const {
  sgemm_(row_major, transposition(a), transposition(b), to_int(m), to_int(n), to_int(k), 1.0F, a.data,
         to_int(a.stride), b.data, to_int(b.stride), beta, c, to_int(stride));
}

}  // namespace cnnbench::gemm
