// The innermost matrix product: a few rows times two or three blocks of columns, its sums in registers over
// the whole inner dimension (Goto & van de Geijn 2008, "Anatomy of High-Performance Matrix Multiplication",
// the micro-kernel of BLIS).

#if defined(KERNELS_WINOGRAD_MICRO_KERNEL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KERNELS_WINOGRAD_MICRO_KERNEL_INL_H_
#undef KERNELS_WINOGRAD_MICRO_KERNEL_INL_H_
#else
#define KERNELS_WINOGRAD_MICRO_KERNEL_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <bit>
#include <cstdint>

#include "kernels/winograd/tile_matrix.h"

HWY_BEFORE_NAMESPACE();
namespace cnnbench::winograd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_ARCH_X86 && HWY_TARGET > HWY_AVX3
constexpr int registers = 16;
#else
constexpr int registers = 32;
#endif

/// Sizes for channels in blocks of kBlock, as vectors of this target.
template <int kBlock>
struct Kernel {
  using D = hn::CappedTag<float, kBlock>;
  static constexpr int lanes = static_cast<int>(hn::MaxLanes(D()));
  static constexpr int vectors = kBlock / lanes;  ///< of a block of columns
  /// Rows whose sums fit into the registers beside two blocks of columns and one scalar.
  static constexpr int rows = std::max(1, (registers - 2 * vectors - 1) / (2 * vectors));
  /// The same where rows are lanes of a block: a power of two. The registers that this leaves may hold a
  /// third block of columns: without it too few sums are under way for the latency of an addition, and each
  /// takes more loads.
  static constexpr int lane_rows = std::min<int>(kBlock, std::bit_floor(static_cast<unsigned>(rows)));
  static constexpr int lane_columns = 3 * vectors * (lane_rows + 1) + 1 <= registers ? 3 : 2;
};

/// Where the operands of C = A B (or C += A B) lie; strides in floats. B and C are TileMatrix's matrices:
/// their rows are kBlock apart, their blocks of columns a stride.
struct Operands {
  const float* a;
  std::int64_t a_stride;  ///< from a block of the inner dimension to the next, where A is not transposed
  const float* b;
  std::int64_t b_stride;
  float* c;
  std::int64_t c_stride;
  std::int64_t inner;       ///< number of products in a sum
  bool accumulate = false;  ///< C += A B
  /// What the next calls will read of B comes from memory: so many cache lines of it are asked for with every
  /// kBlock products.
  const float* next = nullptr;
  std::int64_t next_lines = 0;
};

/// At most so many products are added up one after the other; the sums are then added to those before, in
/// memory. Errors grow with the root of the number of sums that follow on each other (Higham 2002, "Accuracy
/// and Stability of Numerical Algorithms", section 4.2), and the transforms multiply them.
constexpr std::int64_t most_terms = 64;

/// kRows rows times kColumns blocks. A is a matrix of the same layout: not transposed, row r and product k
/// are lane k % kBlock of row r in block k / kBlock; transposed, they are lane r of row k.
template <int kBlock, int kRows, int kColumns, bool kTransposed>
HWY_INLINE void multiply_rows(const Operands& o) {
  using K = Kernel<kBlock>;
  constexpr int N = K::lanes;
  constexpr int V = K::vectors * kColumns;
  using Vector = hn::Vec<typename K::D>;
  const typename K::D d;
  const auto place = [&](int r, int v) {
    return o.c + v / K::vectors * o.c_stride + r * kBlock + v % K::vectors * N;
  };

  const float* a = o.a;
  const float* b[kColumns];
  for (int column = 0; column < kColumns; ++column) b[column] = o.b + column * o.b_stride;
  const float* next = o.next;
  bool accumulate = o.accumulate;
  std::int64_t first = 0;
  do {  // at least once: the sum of no products is zero
    const std::int64_t terms = std::min(most_terms, o.inner - first);
    // Unrolled by order, since only then the compiler keeps the sums in registers all the time.
    Vector sums[kRows][V];
#pragma GCC unroll 32
    for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 32
      for (int v = 0; v < V; ++v) sums[r][v] = hn::Zero(d);

    const auto add = [&](const float* HWY_RESTRICT scalars, std::int64_t row_stride) HWY_ATTR {
      Vector columns[V];
#pragma GCC unroll 32
      for (int v = 0; v < V; ++v) columns[v] = hn::LoadU(d, b[v / K::vectors] + v % K::vectors * N);
#pragma GCC unroll 32
      for (int r = 0; r < kRows; ++r) {
        const Vector scalar = hn::Set(d, scalars[r * row_stride]);
#pragma GCC unroll 32
        for (int v = 0; v < V; ++v) sums[r][v] = hn::MulAdd(scalar, columns[v], sums[r][v]);
      }
      for (const float*& column : b) column += kBlock;
    };
    if constexpr (kTransposed) {
      for (std::int64_t k = 0; k < terms; ++k, a += kBlock) add(a, 1);
    } else {
      for (std::int64_t k = 0; k < terms; k += kBlock, a += o.a_stride) {
        const std::int64_t lanes = std::min<std::int64_t>(kBlock, terms - k);
        for (const float* lane = a; lane != a + lanes; ++lane) add(lane, kBlock);
        // Into the second-level cache: two panels are more than the first holds.
        for (std::int64_t i = 0; i < o.next_lines; ++i, next += line) __builtin_prefetch(next, 0, 2);
      }
    }

#pragma GCC unroll 32
    for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 32
      for (int v = 0; v < V; ++v)
        hn::StoreU(accumulate ? hn::Add(sums[r][v], hn::LoadU(d, place(r, v))) : sums[r][v], d, place(r, v));
    first += terms;
    accumulate = true;
  } while (first < o.inner);
}

}  // namespace cnnbench::winograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // KERNELS_WINOGRAD_MICRO_KERNEL_INL_H_
