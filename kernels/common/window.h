#pragma once

#include <algorithm>
#include <cstdint>

#include "harness/model/model.h"

namespace cnnbench::common {

/// Half-open: begin, …, end - 1; empty where end <= begin.
struct Range {
  std::int64_t begin;
  std::int64_t end;
};

/// One side (height or width) of a window that slides over an image: output o sees, with tap t, the input
/// o·stride - before + t. `before` may be negative: a crop that is deeper than the padding.
struct Axis {
  std::int64_t input;
  std::int64_t output;
  std::int64_t kernel;
  std::int64_t stride;
  std::int64_t before;

  std::int64_t input_of(std::int64_t out, std::int64_t tap) const { return out * stride - before + tap; }

  /// The inputs that output `out` sees, without padding.
  Range inputs_of(std::int64_t out) const {
    const std::int64_t first = input_of(out, 0);
    return {std::max<std::int64_t>(0, first), std::min(input, first + kernel)};
  }

  /// The outputs for which `tap` sees the input and not the padding.
  Range outputs_of(std::int64_t tap) const {
    const std::int64_t offset = tap - before;  // input of output 0
    const std::int64_t first = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
    const std::int64_t end = offset >= input ? 0 : (input - 1 - offset) / stride + 1;
    return {std::min(first, output), std::min(end, output)};
  }
};

struct Window {
  Axis rows;
  Axis columns;
};

inline Window window_of(const ModelLayer& layer, const Extent& kernel, const Extent& stride) {
  return {
      {layer.input.height, layer.output.height, kernel.height, stride.height, layer.padding.before.height},
      {layer.input.width, layer.output.width, kernel.width, stride.width, layer.padding.before.width}};
}

/// Whether a crop is deeper than the padding of a layer, which libraries cannot compute in a convolution.
inline bool has_negative_padding(const ModelLayer& layer) {
  const Padding& padding = layer.padding;
  return std::min({padding.before.height, padding.before.width, padding.after.height, padding.after.width}) <
         0;
}

/// The padding without negative margins: those of pooling are what a dropped border leaves over, and
/// libraries drop it by rounding down.
inline Padding added_padding(const Padding& padding) {
  const auto added = [](const Extent& margins) {
    return Extent{std::max<std::int64_t>(0, margins.height), std::max<std::int64_t>(0, margins.width)};
  };
  return {added(padding.before), added(padding.after)};
}

}  // namespace cnnbench::common
