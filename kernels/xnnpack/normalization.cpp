#include <algorithm>
#include <cmath>

#include "kernels/xnnpack/builder.h"

// Loops of our own over rows of channels: the library has neither operator.

namespace cnnbench::xnnpack {
namespace {

using Lrn = LocalResponseNormalization;

/// One row: y = x · s^-3/4 with s = k + α/n · Σ x². With this β the power is roots: s^3/4 = √s · √√s.
void normalize_row(const float* x, std::int64_t channels, float* y) {
  static_assert(Lrn::beta == 0.75);
  constexpr std::int64_t half = Lrn::window / 2;
  constexpr auto factor = static_cast<float>(Lrn::alpha / static_cast<double>(Lrn::window));
  for (std::int64_t c = 0; c < channels; ++c) {
    float squares = 0;
    const std::int64_t end = std::min(channels, c + half + 1);
    for (std::int64_t i = std::max<std::int64_t>(0, c - half); i < end; ++i) squares += x[i] * x[i];
    const float root = std::sqrt(static_cast<float>(Lrn::k) + factor * squares);
    y[c] = x[c] / (root * std::sqrt(root));
  }
}

}  // namespace

Value add_layer(Builder& builder, const ModelLayer& layer, const LocalResponseNormalization&,
                const Value& given) {
  const Value src = builder.in_nhwc(given, layer.input);
  const Value dst = builder.make_value(layer.output);  // neighbours are read after a channel is written
  const std::int64_t channels = layer.input.channels;
  builder.add_loop(
      Direction::forward, "loop lrn", {src, dst}, builder.batch() * layer.input.height * layer.input.width,
      [&builder, src, dst, channels](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row)
          normalize_row(builder.data(src) + row * channels, channels, builder.data(dst) + row * channels);
      });
  return dst;
}

/// With the stored mean 0 and variance 1: a scale and a shift a channel.
Value add_layer(Builder& builder, const ModelLayer& layer, const BatchNormalization&, const Value& given) {
  const Value src = builder.in_nhwc(given, layer.input);
  const Value dst = builder.place_for_output(src);
  const std::int64_t channels = layer.input.channels;
  const std::size_t scales = builder.add_parameter(Tensor::weights, channels);
  const std::size_t shifts = builder.add_parameter(Tensor::bias, channels);
  const auto inverse = static_cast<float>(1.0 / std::sqrt(1.0 + BatchNormalization::epsilon));
  builder.add_loop(
      Direction::forward, "loop scale and shift", {src, dst},
      builder.batch() * layer.input.height * layer.input.width,
      [&builder, src, dst, channels, scales, shifts, inverse](std::int64_t begin, std::int64_t end) {
        const float* const scale = builder.data(scales);
        const float* const shift = builder.data(shifts);
        for (std::int64_t row = begin; row < end; ++row) {
          const float* const in = builder.data(src) + row * channels;
          float* const out = builder.data(dst) + row * channels;
          for (std::int64_t c = 0; c < channels; ++c) out[c] = in[c] * (scale[c] * inverse) + shift[c];
        }
      });
  return dst;
}

}  // namespace cnnbench::xnnpack
