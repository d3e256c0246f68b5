// Max pooling of 2×2 outputs as they are written, and the way of its gradient back.

#if defined(KERNELS_WINOGRAD_POOLING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KERNELS_WINOGRAD_POOLING_INL_H_
#undef KERNELS_WINOGRAD_POOLING_INL_H_
#else
#define KERNELS_WINOGRAD_POOLING_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "kernels/winograd/kernels.h"
#include "kernels/winograd/micro_kernel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cnnbench::winograd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Places of maxima (see Epilogue) as integers of the vectors' size, and as bytes in memory.
template <int kBlock>
struct Places {
  using D = typename Kernel<kBlock>::D;
  using Integers = hn::RebindToSigned<D>;
  using Bytes = hn::Rebind<std::uint8_t, D>;
  using V = hn::Vec<Integers>;
  static HWY_INLINE V load(const std::uint8_t* from) {
    return hn::PromoteTo(Integers(), hn::LoadU(Bytes(), from));
  }
  static HWY_INLINE void store(V places, std::uint8_t* to) {
    hn::StoreU(hn::DemoteTo(Bytes(), places), Bytes(), to);
  }
  static HWY_INLINE V all(int place) { return hn::Set(Integers(), place); }
};

/// The largest of 2×2 values, of equal ones the first in row-major order, and its place.
template <int kBlock>
class Maximum {
 public:
  using V = hn::Vec<typename Kernel<kBlock>::D>;
  explicit HWY_INLINE Maximum(V first) : value_(first), place_(Places<kBlock>::all(0)) {}
  HWY_INLINE void compare(V value, int place) {
    const auto larger = hn::Gt(value, value_);
    value_ = hn::IfThenElse(larger, value, value_);
    place_ = hn::IfThenElse(as_integers(larger), Places<kBlock>::all(place), place_);
  }
  HWY_INLINE V value() const { return value_; }
  /// With ReLU, whether the gradient comes through depends on the sign.
  HWY_INLINE typename Places<kBlock>::V place(bool relu) const {
    if (!relu) return place_;
    const auto alive = hn::Gt(value_, hn::Zero(typename Kernel<kBlock>::D()));
    return hn::IfThenElse(as_integers(alive), place_, Places<kBlock>::all(dead_place));
  }

 private:
  template <class Mask>
  static HWY_INLINE auto as_integers(Mask mask) {
    return hn::RebindMask(typename Places<kBlock>::Integers(), mask);
  }
  V value_;
  typename Places<kBlock>::V place_;
};

/// A square of pixels, the first of which is (y, x), of the gradient before pooling: that of each maximum at
/// its place, else zeros.
template <int kBlock, int kSide, typename Float>
HWY_INLINE void unpool_square(const Image<Float>& maxima, std::int64_t image, std::int64_t column,
                              std::int64_t y, std::int64_t x, float* square) {
  using K = Kernel<kBlock>;
  const typename K::D d;
  const bool inside = y >= 0 && x >= 0 && y + kSide <= 2 * maxima.height && x + kSide <= 2 * maxima.width;
  if (!inside) std::memset(square, 0, kSide * kSide * kBlock * sizeof(float));
  const float* const first = maxima.at(image, column, 0, 0);
  const std::uint8_t* const first_place = maxima.places + (first - maxima.data);
  const auto clamp = [](std::int64_t pixel, std::int64_t size) {
    return std::clamp<std::int64_t>(pixel >> 1, 0, size);
  };
  for (std::int64_t i = clamp(y, maxima.height); i < clamp(y + kSide + 1, maxima.height); ++i)
    for (std::int64_t j = clamp(x, maxima.width); j < clamp(x + kSide + 1, maxima.width); ++j) {
      // Of the four pixels those that the square has.
      const std::int64_t row = 2 * i - y;
      const std::int64_t pixel = 2 * j - x;
      const bool has[] = {row >= 0 && pixel >= 0, row >= 0 && pixel + 1 < kSide,
                          row + 1 < kSide && pixel >= 0, row + 1 < kSide && pixel + 1 < kSide};
      float* const out = square + (row * kSide + pixel) * kBlock;
      for (int v = 0; v < kBlock; v += K::lanes) {
        const std::int64_t at = (i * maxima.width + j) * kBlock + v;
        const auto value = hn::LoadU(d, first + at);
        const auto place = Places<kBlock>::load(first_place + at);
#pragma GCC unroll 4
        for (int k = 0; k < 4; ++k) {
          if (!has[k]) continue;
          const auto here = hn::RebindMask(d, hn::Eq(place, Places<kBlock>::all(k)));
          hn::Store(hn::IfThenElseZero(here, value), d, out + (k / 2 * kSide + k % 2) * kBlock + v);
        }
      }
    }
}

/// Adds up the gradients that come through, of the maxima [y, y + side) × [x, x + side).
template <int kBlock>
HWY_INLINE void add_living(const Image<float>& maxima, std::int64_t image, std::int64_t column,
                           std::int64_t y, std::int64_t x, std::int64_t side, float* HWY_RESTRICT sums) {
  using K = Kernel<kBlock>;
  const typename K::D d;
  const float* const first = maxima.at(image, column, 0, 0);
  const std::uint8_t* const first_place = maxima.places + (first - maxima.data);
  for (int v = 0; v < kBlock; v += K::lanes) {
    auto sum = hn::Zero(d);
    for (std::int64_t i = y; i < std::min(y + side, maxima.height); ++i)
      for (std::int64_t j = x; j < std::min(x + side, maxima.width); ++j) {
        const std::int64_t at = (i * maxima.width + j) * kBlock + v;
        const auto living = hn::Lt(Places<kBlock>::load(first_place + at), Places<kBlock>::all(dead_place));
        sum = hn::Add(sum, hn::IfThenElseZero(hn::RebindMask(d, living), hn::LoadU(d, first + at)));
      }
    hn::StoreU(hn::Add(hn::LoadU(d, sums + v), sum), d, sums + v);
  }
}

}  // namespace cnnbench::winograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // KERNELS_WINOGRAD_POOLING_INL_H_
