// The one-dimensional transforms of F(2, 3), F(4, 3) and F(6, 3); a transform in two dimensions is that of
// the columns, then that of the rows. Winograd's minimal filtering by the Toom-Cook algorithm (Lavin & Gray
// 2015, arXiv:1509.09308):
//
//   y = Aᵀ [(G g) ⊙ (Bᵀ d)]     d: inputs, g: 3 weights, y: outputs
//
// The interpolation points are 0, ∞, 1, -1, 1/2, -2, -1/2 and 2, whose errors are smaller than those of other
// small numbers (Barabasz et al. 2018, arXiv:1803.10986). F(2, 3) takes the first four, F(4, 3) the first
// six, F(6, 3) all. So what smaller tiles are multiplied with is a part of what larger ones are:
//
//       point   G                            powers in A
//         0        1      0      0             1   0    0    0    0     0
//         ∞        0      0      1             only the last output: 1
//         1     -2/9   -2/9   -2/9             1   1    1    1    1     1
//        -1     -2/9    2/9   -2/9             1  -1    1   -1    1    -1
//        1/2   32/45  16/45   8/45             1  1/2  1/4  1/8  1/16  1/32
//        -2     1/90  -1/45   2/45             1  -2    4   -8   16   -32
//       -1/2   32/45 -16/45   8/45             1 -1/2  1/4 -1/8  1/16 -1/32
//         2     1/90   1/45   2/45             1   2    4    8   16    32
//
// Row p of Bᵀ has the coefficients of Π_q (x - q) over the other points of the tile, but ∞, times what makes
// the product with G's row that of Lagrange's interpolation, 1 / Π_q (p - q):
//
//   F(6, 3):  1     0  -21/4     0   21/4     0    -1   0     F(4, 3):  1  -3/2    -2   3/2     1   0
//             0    -1      0  21/4      0 -21/4     0   1               0     1  -3/2    -2   3/2   1
//             0     1      1 -17/4  -17/4     1     1   0               0   3/2  -3/4 -15/4  -3/2   0
//             0    -1      1  17/4  -17/4    -1     1   0               0   3/2 -15/4   3/4   3/2   0
//             0     2      4  -5/2     -5   1/2     1   0               0     3   3/2    -3  -3/2   0
//             0  -1/2    1/4   5/2   -5/4    -2     1   0               0     3    -6    -3     6   0
//             0    -2      4   5/2     -5  -1/2     1   0
//             0   1/2    1/4  -5/2   -5/4     2     1   0     F(2, 3):  1     0    -1     0
//                                                                       0    -1     0     1
//                                                                       0  -9/4  -9/4     0
//                                                                       0   9/4  -9/4     0
//
// Backward weights uses the transposes: ∂(G g) = (Bᵀ d) ⊙ (A ∂y).

#if defined(KERNELS_WINOGRAD_TRANSFORMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KERNELS_WINOGRAD_TRANSFORMS_INL_H_
#undef KERNELS_WINOGRAD_TRANSFORMS_INL_H_
#else
#define KERNELS_WINOGRAD_TRANSFORMS_INL_H_
#endif

#include <hwy/highway.h>

#include "kernels/winograd/tiling.h"

HWY_BEFORE_NAMESPACE();
namespace cnnbench::winograd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Bᵀ d: as many as there are points.
template <int kSize>
struct InputTransform {
  static constexpr int from = points_of(kSize);
  static constexpr int to = from;
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE void apply(D d, const V* HWY_RESTRICT in, V* HWY_RESTRICT out) {
    const auto add = [&](V rest, float factor, V value)
                         HWY_ATTR { return hn::MulAdd(hn::Set(d, factor), value, rest); };
    const auto times = [&](float factor, V value) HWY_ATTR { return hn::Mul(hn::Set(d, factor), value); };
    if constexpr (kSize == 0) {
      out[0] = hn::Sub(in[0], in[2]);
      out[1] = hn::Sub(in[3], in[1]);
      out[2] = times(-2.25F, hn::Add(in[1], in[2]));
      out[3] = times(2.25F, hn::Sub(in[1], in[2]));
    } else if constexpr (kSize == 1) {
      const V d42 = hn::Sub(in[4], in[2]);
      const V d31 = hn::Sub(in[3], in[1]);
      out[0] = add(hn::Add(hn::Sub(in[0], in[2]), d42), 1.5F, d31);
      out[1] = add(hn::Sub(hn::Sub(in[5], in[3]), d31), 1.5F, d42);
      const V even = add(times(-1.5F, d42), -2.25F, in[3]);  // what points 1 and -1 have in common
      const V odd = add(times(-1.5F, d31), -2.25F, in[2]);
      out[2] = hn::Add(odd, even);
      out[3] = hn::Sub(odd, even);
      const V rest = times(-3, d31);
      out[4] = add(rest, -1.5F, d42);
      out[5] = add(rest, 6, d42);
    } else {
      out[0] = add(hn::Sub(in[0], in[6]), 5.25F, hn::Sub(in[4], in[2]));
      out[1] = add(hn::Sub(in[7], in[1]), 5.25F, hn::Sub(in[3], in[5]));
      const V even1 = add(hn::Add(in[2], in[6]), -4.25F, in[4]);  // what points 1 and -1 have in common
      const V odd1 = add(hn::Add(in[1], in[5]), -4.25F, in[3]);
      out[2] = hn::Add(even1, odd1);
      out[3] = hn::Sub(even1, odd1);
      const V even_half = add(add(in[6], -5, in[4]), 4, in[2]);
      const V odd_half = add(add(times(2, in[1]), -2.5F, in[3]), 0.5F, in[5]);
      out[4] = hn::Add(even_half, odd_half);
      out[6] = hn::Sub(even_half, odd_half);
      const V even2 = add(add(in[6], -1.25F, in[4]), 0.25F, in[2]);
      const V odd2 = add(add(times(2, in[5]), -2.5F, in[3]), 0.5F, in[1]);
      out[7] = hn::Add(even2, odd2);
      out[5] = hn::Sub(even2, odd2);
    }
  }
};

/// Aᵀ m: products → outputs.
template <int kSize>
struct OutputTransform {
  static constexpr int from = points_of(kSize);
  static constexpr int to = outputs_of(kSize);
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE void apply(D d, const V* HWY_RESTRICT in, V* HWY_RESTRICT out) {
    const auto add = [&](V rest, float factor, V value)
                         HWY_ATTR { return hn::MulAdd(hn::Set(d, factor), value, rest); };
    const V sum = hn::Add(in[2], in[3]);
    const V difference = hn::Sub(in[2], in[3]);
    if constexpr (kSize == 0) {
      out[0] = hn::Add(in[0], sum);
      out[1] = hn::Add(in[1], difference);
    } else if constexpr (kSize == 1) {
      out[0] = hn::Add(hn::Add(in[0], sum), hn::Add(in[4], in[5]));
      out[1] = add(add(difference, -2, in[5]), 0.5F, in[4]);
      out[2] = add(add(sum, 4, in[5]), 0.25F, in[4]);
      out[3] = add(add(hn::Add(difference, in[1]), -8, in[5]), 0.125F, in[4]);
    } else {
      const V sum_half = hn::Add(in[4], in[6]);
      const V difference_half = hn::Sub(in[4], in[6]);
      const V sum2 = hn::Add(in[7], in[5]);
      const V difference2 = hn::Sub(in[7], in[5]);
      out[0] = hn::Add(hn::Add(in[0], sum), hn::Add(sum_half, sum2));
      out[1] = add(add(difference, 0.5F, difference_half), 2, difference2);
      out[2] = add(add(sum, 0.25F, sum_half), 4, sum2);
      out[3] = add(add(difference, 0.125F, difference_half), 8, difference2);
      out[4] = add(add(sum, 0.0625F, sum_half), 16, sum2);
      out[5] = add(add(hn::Add(difference, in[1]), 0.03125F, difference_half), 32, difference2);
    }
  }
};

/// A ∂y: gradients of outputs → as many as there are points.
template <int kSize>
struct OutputGradientTransform {
  static constexpr int from = outputs_of(kSize);
  static constexpr int to = points_of(kSize);
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE void apply(D d, const V* HWY_RESTRICT in, V* HWY_RESTRICT out) {
    out[0] = in[0];
    out[1] = in[from - 1];
    // Polynomials in p whose coefficients are every other gradient, in p².
    const auto polynomial = [&](int first, float square) HWY_ATTR {
      V sum = in[from - 2 + first];
#pragma GCC unroll 2
      for (int i = from - 4 + first; i >= 0; i -= 2) sum = hn::MulAdd(hn::Set(d, square), sum, in[i]);
      return sum;
    };
    const auto add = [&](V rest, float factor, V value)
                         HWY_ATTR { return hn::MulAdd(hn::Set(d, factor), value, rest); };
    const V even1 = polynomial(0, 1);
    const V odd1 = polynomial(1, 1);
    out[2] = hn::Add(even1, odd1);
    out[3] = hn::Sub(even1, odd1);
    if constexpr (kSize >= 1) {
      const V even_half = polynomial(0, 0.25F);
      const V odd_half = polynomial(1, 0.25F);
      const V even2 = polynomial(0, 4);
      const V odd2 = polynomial(1, 4);
      out[4] = add(even_half, 0.5F, odd_half);
      out[5] = add(even2, -2, odd2);
      if constexpr (kSize == 2) {
        out[6] = add(even_half, -0.5F, odd_half);
        out[7] = add(even2, 2, odd2);
      }
    }
  }
};

/// G g: 3 weights → as many as the largest tiles have points.
template <int kSize>
struct WeightTransform {
  static constexpr int from = 3;
  static constexpr int to = points_of(kSize);
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE void apply(D d, const V* HWY_RESTRICT in, V* HWY_RESTRICT out) {
    const auto times = [&](float factor, V value) HWY_ATTR { return hn::Mul(hn::Set(d, factor), value); };
    const auto even = [&](float a, float c)
                          HWY_ATTR { return hn::MulAdd(hn::Set(d, a), in[0], times(c, in[2])); };
    out[0] = in[0];
    out[1] = in[2];
    const V even1 = times(-2.0F / 9, hn::Add(in[0], in[2]));
    const V odd1 = times(-2.0F / 9, in[1]);
    out[2] = hn::Add(even1, odd1);
    out[3] = hn::Sub(even1, odd1);
    const V even_half = even(32.0F / 45, 8.0F / 45);
    const V odd_half = times(16.0F / 45, in[1]);
    const V even2 = even(1.0F / 90, 2.0F / 45);
    const V odd2 = times(1.0F / 45, in[1]);
    out[4] = hn::Add(even_half, odd_half);
    out[5] = hn::Sub(even2, odd2);
    if constexpr (kSize == 2) {
      out[6] = hn::Sub(even_half, odd_half);
      out[7] = hn::Add(even2, odd2);
    }
  }
};

/// Gᵀ ∂u: gradients of transformed weights → 3 of weights.
template <int kSize>
struct WeightGradientTransform {
  static constexpr int from = points_of(kSize);
  static constexpr int to = 3;
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE void apply(D d, const V* HWY_RESTRICT in, V* HWY_RESTRICT out) {
    V half = in[4];
    V half_difference = in[4];
    V two = in[5];
    V two_difference = hn::Neg(in[5]);
    if constexpr (kSize == 2) {
      half = hn::Add(half, in[6]);
      half_difference = hn::Sub(half_difference, in[6]);
      two = hn::Add(in[7], two);
      two_difference = hn::Add(in[7], two_difference);
    }
    const V even1 = hn::Mul(hn::Set(d, -2.0F / 9), hn::Add(in[2], in[3]));
    const V odd1 = hn::Mul(hn::Set(d, -2.0F / 9), hn::Sub(in[2], in[3]));
    const auto more = [&](V rest, float b, V of_half, float c, V of_two) HWY_ATTR {
      return hn::MulAdd(hn::Set(d, b), of_half, hn::MulAdd(hn::Set(d, c), of_two, rest));
    };
    out[0] = more(hn::Add(in[0], even1), 32.0F / 45, half, 1.0F / 90, two);
    out[1] = more(odd1, 16.0F / 45, half_difference, 1.0F / 45, two_difference);
    out[2] = more(hn::Add(in[1], even1), 8.0F / 45, half, 2.0F / 45, two);
  }
};

/// A transform in two dimensions: `load(i, j)` yields the element of row i and column j of the rectangle,
/// `store(i, j, value)` takes the result's.
template <class OfColumns, class OfRows, class D, class Load, class Store>
HWY_INLINE void transform_rectangle(D d, const Load& load, const Store& store) {
  using V = hn::Vec<D>;
  V half[OfColumns::to][OfRows::from];
#pragma GCC unroll 8
  for (int j = 0; j < OfRows::from; ++j) {
    V in[OfColumns::from];
    V out[OfColumns::to];
#pragma GCC unroll 8
    for (int i = 0; i < OfColumns::from; ++i) in[i] = load(i, j);
    OfColumns::apply(d, in, out);
#pragma GCC unroll 8
    for (int i = 0; i < OfColumns::to; ++i) half[i][j] = out[i];
  }
#pragma GCC unroll 8
  for (int i = 0; i < OfColumns::to; ++i) {
    V out[OfRows::to];
    OfRows::apply(d, half[i], out);
#pragma GCC unroll 8
    for (int j = 0; j < OfRows::to; ++j) store(i, j, out[j]);
  }
}

}  // namespace cnnbench::winograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // KERNELS_WINOGRAD_TRANSFORMS_INL_H_
