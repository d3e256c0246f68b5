// The one-dimensional transforms of F(4, 3); a transform in two dimensions is that of the columns, then that
// of the rows. Winograd's minimal filtering by the Toom-Cook algorithm (Lavin & Gray 2015, arXiv:1509.09308),
// with the points 0, 1, -1, 1/2, -2 and infinity, whose errors are smaller than those of 0, ±1, ±2 (Barabasz
// et al. 2018, arXiv:1803.10986). With p_j the finite points:
//
//   y = Aᵀ [(G g) ⊙ (Bᵀ d)]     d: 6 inputs, g: 3 weights, y: 4 outputs
//
//        1  1  1   1    1  0             1     0     0             1 -3/2   -2  3/2  1  0
//   Aᵀ = 0  1 -1  1/2  -2  0           1/3   1/3   1/3             0   -1  1/2  5/2  1  0
//        0  1  1  1/4   4  0      G = -1/3   1/3  -1/3        Bᵀ = 0    1 -5/2  1/2  1  0
//        0  1 -1  1/8  -8  1        -16/15 -8/15 -4/15             0   -2   -1    2  1  0
//                                     1/15 -2/15  4/15             0  1/2   -1 -1/2  1  0
//                                        0     0     1             0    1 -3/2   -2 3/2 1
//
// Row j of Aᵀ's transpose holds the powers of p_j, row j of G those divided by N_j = Π_{k≠j}(p_j - p_k), and
// row j of Bᵀ the coefficients of Π_{k≠j}(x - p_k). Backward weights uses the transposes: ∂(G g) = (Bᵀ d) ⊙
// (A ∂y).
//
// Small tiles are by F(2, 3) with the points 0, 1, -1 and infinity, and with the same G g. Its own G has
// rows divided by N_j = -1, 2, -2 and 1; what they are more or less than those above is in Bᵀ:
//
//        1  1  1  0            1    0   -1  0
//   Aᵀ = 0  1 -1  1      Bᵀ =  0  3/2  3/2  0
//                              0  3/2 -3/2  0
//                              0   -1    0  1

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

/// Bᵀ d: 6 inputs → 6.
struct InputTransform {
  static constexpr int from = 6;
  static constexpr int to = 6;
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE void apply(D d, const V* HWY_RESTRICT in, V* HWY_RESTRICT out) {
    const V three_halves = hn::Set(d, 1.5F);
    const V d42 = hn::Sub(in[4], in[2]);
    const V d31 = hn::Sub(in[3], in[1]);
    const V even = hn::MulAdd(three_halves, in[3], d42);  // what points 1 and -1 have in common
    const V odd = hn::MulAdd(three_halves, in[2], d31);
    out[0] = hn::MulAdd(three_halves, d31, hn::Add(hn::Sub(in[0], in[2]), d42));
    out[1] = hn::Add(even, odd);
    out[2] = hn::Sub(even, odd);
    out[3] = hn::MulAdd(hn::Set(d, 2.0F), d31, d42);
    out[4] = hn::MulAdd(hn::Set(d, -0.5F), d31, d42);
    out[5] = hn::MulAdd(three_halves, d42, hn::Sub(hn::Sub(in[5], in[3]), d31));
  }
};

/// Bᵀ d of small tiles: 4 inputs → 4.
struct SmallInputTransform {
  static constexpr int from = 4;
  static constexpr int to = 4;
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE void apply(D d, const V* HWY_RESTRICT in, V* HWY_RESTRICT out) {
    const V three_halves = hn::Set(d, 1.5F);
    out[0] = hn::Sub(in[0], in[2]);
    out[1] = hn::Mul(three_halves, hn::Add(in[1], in[2]));
    out[2] = hn::Mul(three_halves, hn::Sub(in[1], in[2]));
    out[3] = hn::Sub(in[3], in[1]);
  }
};

/// Aᵀ m: 6 products → 4 outputs.
struct OutputTransform {
  static constexpr int from = 6;
  static constexpr int to = 4;
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE void apply(D d, const V* HWY_RESTRICT in, V* HWY_RESTRICT out) {
    const V sum = hn::Add(in[1], in[2]);
    const V difference = hn::Sub(in[1], in[2]);
    out[0] = hn::Add(hn::Add(in[0], sum), hn::Add(in[3], in[4]));
    out[1] = hn::MulAdd(hn::Set(d, 0.5F), in[3], hn::MulAdd(hn::Set(d, -2.0F), in[4], difference));
    out[2] = hn::MulAdd(hn::Set(d, 0.25F), in[3], hn::MulAdd(hn::Set(d, 4.0F), in[4], sum));
    out[3] = hn::MulAdd(hn::Set(d, 0.125F), in[3],
                        hn::MulAdd(hn::Set(d, -8.0F), in[4], hn::Add(difference, in[5])));
  }
};

/// Aᵀ m of small tiles: 4 products → 2 outputs.
struct SmallOutputTransform {
  static constexpr int from = 4;
  static constexpr int to = 2;
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE void apply(D, const V* HWY_RESTRICT in, V* HWY_RESTRICT out) {
    out[0] = hn::Add(in[0], hn::Add(in[1], in[2]));
    out[1] = hn::Add(in[3], hn::Sub(in[1], in[2]));
  }
};

/// A ∂y: 4 gradients of outputs → 6.
struct OutputGradientTransform {
  static constexpr int from = 4;
  static constexpr int to = 6;
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE void apply(D d, const V* HWY_RESTRICT in, V* HWY_RESTRICT out) {
    const V even = hn::Add(in[0], in[2]);
    const V odd = hn::Add(in[1], in[3]);
    const V quarter = hn::Set(d, 0.25F);
    const V four = hn::Set(d, 4.0F);
    out[0] = in[0];
    out[1] = hn::Add(even, odd);
    out[2] = hn::Sub(even, odd);
    out[3] =
        hn::MulAdd(hn::Set(d, 0.5F), hn::MulAdd(quarter, in[3], in[1]), hn::MulAdd(quarter, in[2], in[0]));
    out[4] = hn::MulAdd(hn::Set(d, -2.0F), hn::MulAdd(four, in[3], in[1]), hn::MulAdd(four, in[2], in[0]));
    out[5] = in[3];
  }
};

/// A ∂y of small tiles: 2 gradients of outputs → 4.
struct SmallOutputGradientTransform {
  static constexpr int from = 2;
  static constexpr int to = 4;
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE void apply(D, const V* HWY_RESTRICT in, V* HWY_RESTRICT out) {
    out[0] = in[0];
    out[1] = hn::Add(in[0], in[1]);
    out[2] = hn::Sub(in[0], in[1]);
    out[3] = in[1];
  }
};

/// G g: 3 weights → 6.
struct WeightTransform {
  static constexpr int from = 3;
  static constexpr int to = 6;
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE void apply(D d, const V* HWY_RESTRICT in, V* HWY_RESTRICT out) {
    const V third = hn::Set(d, 1.0F / 3);
    const V even = hn::Mul(third, hn::Add(in[0], in[2]));
    const V odd = hn::Mul(third, in[1]);
    const auto polynomial = [&](float a, float b, float c) {
      return hn::MulAdd(hn::Set(d, a), in[0],
                        hn::MulAdd(hn::Set(d, b), in[1], hn::Mul(hn::Set(d, c), in[2])));
    };
    out[0] = in[0];
    out[1] = hn::Add(odd, even);
    out[2] = hn::Sub(odd, even);
    out[3] = polynomial(-16.0F / 15, -8.0F / 15, -4.0F / 15);
    out[4] = polynomial(1.0F / 15, -2.0F / 15, 4.0F / 15);
    out[5] = in[2];
  }
};

/// Gᵀ ∂u: 6 gradients of transformed weights → 3 of weights.
struct WeightGradientTransform {
  static constexpr int from = 6;
  static constexpr int to = 3;
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE void apply(D d, const V* HWY_RESTRICT in, V* HWY_RESTRICT out) {
    const V third = hn::Set(d, 1.0F / 3);
    const V even = hn::Mul(third, hn::Sub(in[1], in[2]));
    const V odd = hn::Mul(third, hn::Add(in[1], in[2]));
    const auto more = [&](V rest, float b, float c) {
      return hn::MulAdd(hn::Set(d, b), in[3], hn::MulAdd(hn::Set(d, c), in[4], rest));
    };
    out[0] = more(hn::Add(in[0], even), -16.0F / 15, 1.0F / 15);
    out[1] = more(odd, -8.0F / 15, -2.0F / 15);
    out[2] = more(hn::Add(in[5], even), -4.0F / 15, 4.0F / 15);
  }
};

/// A transform in two dimensions: `load(i, j)` yields the element of row i and column j of the rectangle,
/// `store(i, j, value)` takes the result's.
template <class OfColumns, class OfRows, class D, class Load, class Store>
HWY_INLINE void transform_rectangle(D d, const Load& load, const Store& store) {
  using V = hn::Vec<D>;
  V half[OfColumns::to][OfRows::from];
#pragma GCC unroll 6
  for (int j = 0; j < OfRows::from; ++j) {
    V in[OfColumns::from];
    V out[OfColumns::to];
#pragma GCC unroll 6
    for (int i = 0; i < OfColumns::from; ++i) in[i] = load(i, j);
    OfColumns::apply(d, in, out);
#pragma GCC unroll 6
    for (int i = 0; i < OfColumns::to; ++i) half[i][j] = out[i];
  }
#pragma GCC unroll 6
  for (int i = 0; i < OfColumns::to; ++i) {
    V out[OfRows::to];
    OfRows::apply(d, half[i], out);
#pragma GCC unroll 6
    for (int j = 0; j < OfRows::to; ++j) store(i, j, out[j]);
  }
}

}  // namespace cnnbench::winograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // KERNELS_WINOGRAD_TRANSFORMS_INL_H_
