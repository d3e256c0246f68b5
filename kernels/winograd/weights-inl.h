// Weights and their gradients between [outputs][inputs][3][3] and transformed matrices, whose rows are inputs
// and whose columns are outputs.

#if defined(KERNELS_WINOGRAD_WEIGHTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KERNELS_WINOGRAD_WEIGHTS_INL_H_
#undef KERNELS_WINOGRAD_WEIGHTS_INL_H_
#else
#define KERNELS_WINOGRAD_WEIGHTS_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>

#include "kernels/winograd/kernels.h"
#include "kernels/winograd/micro_kernel-inl.h"
#include "kernels/winograd/transforms-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cnnbench::winograd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <int kBlock>
void transform_weights(const Shape& shape, const float* weights, bool rotated, std::int64_t column,
                       Range inputs, const TileMatrix<float>& to) {
  using K = Kernel<kBlock>;
  const typename K::D d;
  HWY_ALIGN float filters[taps][kBlock] = {};  // of one input; lanes beyond the last output stay zero
  // Rotated, inputs and outputs are those of the other convolution, and so is their order in memory.
  const std::int64_t output_stride = rotated ? taps : shape.in_channels * taps;
  const std::int64_t input_stride = rotated ? shape.out_channels * taps : taps;
  const std::int64_t lanes = std::min<std::int64_t>(kBlock, shape.out_channels - column * kBlock);
  for (std::int64_t input = inputs.first; input < inputs.last; ++input) {
    const float* const first = weights + column * kBlock * output_stride + input * input_stride;
    for (std::int64_t lane = 0; lane < lanes; ++lane)
      for (int tap = 0; tap < taps; ++tap)
        filters[rotated ? taps - 1 - tap : tap][lane] = first[lane * output_stride + tap];
    float* const out = to.at(0, column, input);
    for (int v = 0; v < kBlock; v += K::lanes)
      transform_square<WeightTransform>(
          d, [&](int i, int j) HWY_ATTR { return hn::Load(d, filters[i * 3 + j] + v); },
          [&](int i, int j, hn::Vec<typename K::D> value)
              HWY_ATTR { hn::StoreU(value, d, out + (i * tile_inputs + j) * to.element_stride() + v); });
  }
}

template <int kBlock>
void transform_weight_gradient(const Shape& shape, const TileMatrix<const float>& from, std::int64_t copies,
                               std::int64_t stride, std::int64_t column, Range inputs, float* weights) {
  using K = Kernel<kBlock>;
  const typename K::D d;
  HWY_ALIGN float filters[taps][kBlock];
  const std::int64_t lanes = std::min<std::int64_t>(kBlock, shape.out_channels - column * kBlock);
  for (std::int64_t input = inputs.first; input < inputs.last; ++input) {
    const float* const in = from.at(0, column, input);
    for (int v = 0; v < kBlock; v += K::lanes)
      transform_square<WeightGradientTransform>(
          d,
          [&](int i, int j) HWY_ATTR {
            const float* const element = in + (i * tile_inputs + j) * from.element_stride() + v;
            auto sum = hn::LoadU(d, element);
            for (std::int64_t copy = 1; copy < copies; ++copy)
              sum = hn::Add(sum, hn::LoadU(d, element + copy * stride));
            return sum;
          },
          [&](int i, int j, hn::Vec<typename K::D> value)
              HWY_ATTR { hn::Store(value, d, filters[i * 3 + j] + v); });
    for (std::int64_t lane = 0; lane < lanes; ++lane)
      for (int tap = 0; tap < taps; ++tap)
        weights[((column * kBlock + lane) * shape.in_channels + input) * taps + tap] = filters[tap][lane];
  }
}

}  // namespace cnnbench::winograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // KERNELS_WINOGRAD_WEIGHTS_INL_H_
