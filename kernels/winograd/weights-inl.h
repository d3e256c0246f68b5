// Weights and their gradients between [outputs][inputs][3][3] and transformed matrices, whose rows are inputs
// and whose columns are outputs.

#if defined(KERNELS_WINOGRAD_WEIGHTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KERNELS_WINOGRAD_WEIGHTS_INL_H_
#undef KERNELS_WINOGRAD_WEIGHTS_INL_H_
#else
#define KERNELS_WINOGRAD_WEIGHTS_INL_H_
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <algorithm>

#include "kernels/winograd/kernels.h"
#include "kernels/winograd/micro_kernel-inl.h"
#include "kernels/winograd/transforms-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cnnbench::winograd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Filters of the first `lanes` outputs of a block, which lie `stride` floats apart, side by side: as
/// [taps][kBlock]. What lies beyond those lanes stays as it is.
template <int kBlock>
HWY_INLINE void gather_some_filters(const float* HWY_RESTRICT from, std::int64_t stride, std::int64_t lanes,
                                    float* HWY_RESTRICT to) {
  for (std::int64_t lane = 0; lane < lanes; ++lane)
    for (int tap = 0; tap < taps; ++tap) to[tap * kBlock + lane] = from[lane * stride + tap];
}

/// The same for all lanes of a block.
template <int kBlock>
HWY_INLINE void gather_filters(const float* HWY_RESTRICT from, std::int64_t stride, float* HWY_RESTRICT to) {
#if HWY_TARGET == HWY_SCALAR
  gather_some_filters<kBlock>(from, stride, kBlock, to);
#else
  // Squares of four lanes and four taps are transposed; the last two overlap, since there are nine taps.
  const hn::FixedTag<float, 4> d;
  using V = hn::Vec<decltype(d)>;
#pragma GCC unroll 4
  for (int lane = 0; lane < kBlock; lane += 4)
#pragma GCC unroll 3
    for (const int tap : {0, 4, taps - 4}) {
      const float* const square = from + lane * stride + tap;
      const V lane0 = hn::LoadU(d, square);
      const V lane1 = hn::LoadU(d, square + stride);
      const V lane2 = hn::LoadU(d, square + 2 * stride);
      const V lane3 = hn::LoadU(d, square + 3 * stride);
      const V low02 = hn::InterleaveLower(d, lane0, lane2);
      const V low13 = hn::InterleaveLower(d, lane1, lane3);
      const V high02 = hn::InterleaveUpper(d, lane0, lane2);
      const V high13 = hn::InterleaveUpper(d, lane1, lane3);
      float* const out = to + tap * kBlock + lane;
      hn::Store(hn::InterleaveLower(d, low02, low13), d, out);
      hn::Store(hn::InterleaveUpper(d, low02, low13), d, out + kBlock);
      hn::Store(hn::InterleaveLower(d, high02, high13), d, out + 2 * kBlock);
      hn::Store(hn::InterleaveUpper(d, high02, high13), d, out + 3 * kBlock);
    }
#endif
}

/// So many inputs are gathered, then transformed, then written: a vector that is read right after its
/// quarters were written would wait for the cache, and 36 or 64 places that are written in turns are more
/// than the CPU follows.
constexpr std::int64_t filter_group = 4;

template <int kBlock, int kSize>
void transform_weights(const Shape& shape, const float* weights, bool rotated, std::int64_t column,
                       Range inputs, const TileMatrix<float>& to) {
  using K = Kernel<kBlock>;
  const typename K::D d;
  constexpr int points = points_of(kSize);
  constexpr int elements = points * points;
  HWY_ALIGN float filters[filter_group][taps * kBlock] = {};  // lanes beyond the last output stay zero
  HWY_ALIGN float transformed[elements][filter_group * kBlock];
  // Rotated, inputs and outputs are those of the other convolution, and so is their order in memory.
  const std::int64_t output_stride = rotated ? taps : shape.in_channels * taps;
  const std::int64_t input_stride = rotated ? shape.out_channels * taps : taps;
  const std::int64_t lanes = std::min<std::int64_t>(kBlock, shape.out_channels - column * kBlock);
  const std::int64_t first_tap = rotated ? (taps - 1) * kBlock : 0;
  const std::int64_t tap_stride = rotated ? -kBlock : kBlock;
  for (std::int64_t group = inputs.first; group < inputs.last; group += filter_group) {
    const std::int64_t size = std::min(filter_group, inputs.last - group);
    for (std::int64_t i = 0; i < size; ++i) {
      const float* const first = weights + column * kBlock * output_stride + (group + i) * input_stride;
      if (lanes == kBlock)
        gather_filters<kBlock>(first, output_stride, filters[i]);
      else
        gather_some_filters<kBlock>(first, output_stride, lanes, filters[i]);
    }
    for (std::int64_t i = 0; i < size; ++i) {
      const float* const filter = filters[i] + first_tap;
      for (int v = 0; v < kBlock; v += K::lanes)
        transform_rectangle<WeightTransform<kSize>, WeightTransform<kSize>>(
            d, [&](int y, int x) HWY_ATTR { return hn::Load(d, filter + (y * 3 + x) * tap_stride + v); },
            [&](int y, int x, hn::Vec<typename K::D> value)
                HWY_ATTR { hn::Store(value, d, transformed[y * points + x] + i * kBlock + v); });
    }
    // Around the caches: no layer's weights stay there until they are multiplied.
    for (int element = 0; element < elements; ++element) {
      float* const out = to.at(element, column, group);
      for (std::int64_t v = 0; v < size * kBlock; v += K::lanes)
        hn::Stream(hn::Load(d, transformed[element] + v), d, out + v);
    }
  }
  hwy::FlushStream();
}

/// So far ahead gradients are asked for: they come from memory in more streams than the CPU follows.
constexpr std::int64_t inputs_ahead = 8;

template <int kBlock, int kSize>
void transform_weight_gradient(const Shape& shape, const TileMatrix<const float>& from, std::int64_t copies,
                               std::int64_t stride, std::int64_t column, Range inputs, float* weights) {
  using K = Kernel<kBlock>;
  const typename K::D d;
  HWY_ALIGN float filters[taps * kBlock];
  const std::int64_t lanes = std::min<std::int64_t>(kBlock, shape.out_channels - column * kBlock);
  const std::int64_t output_stride = shape.in_channels * taps;
  for (std::int64_t input = inputs.first; input < inputs.last; ++input) {
    const float* const in = from.at(0, column, input);
    for (int v = 0; v < kBlock; v += K::lanes)
      transform_rectangle<WeightGradientTransform<kSize>, WeightGradientTransform<kSize>>(
          d,
          [&](int i, int j) HWY_ATTR {
            const float* const element = in + (i * points_of(kSize) + j) * from.element_stride() + v;
            __builtin_prefetch(element + inputs_ahead * kBlock);
            auto sum = hn::LoadU(d, element);
            for (std::int64_t copy = 1; copy < copies; ++copy)
              sum = hn::Add(sum, hn::LoadU(d, element + copy * stride));
            return sum;
          },
          [&](int i, int j, hn::Vec<typename K::D> value)
              HWY_ATTR { hn::Store(value, d, filters + (i * 3 + j) * kBlock + v); });
    float* const first = weights + column * kBlock * output_stride + input * taps;
    for (std::int64_t lane = 0; lane < lanes; ++lane)
      for (int tap = 0; tap < taps; ++tap) first[lane * output_stride + tap] = filters[tap * kBlock + lane];
  }
}

}  // namespace cnnbench::winograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // KERNELS_WINOGRAD_WEIGHTS_INL_H_
