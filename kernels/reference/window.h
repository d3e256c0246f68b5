#pragma once

#include <algorithm>
#include <cstdint>

#include "harness/model/model.h"

namespace cnnbench::reference {

/// Half-open: begin, begin + 1, …, end - 1.
struct Range {
  std::int64_t begin;
  std::int64_t end;
};

/// Height or width of a layer with a sliding window: output o sees, with tap t, the input o·stride - before +
/// t. `before` may be negative (a crop): the first inputs are then skipped.
struct Axis {
  std::int64_t input;
  std::int64_t output;
  std::int64_t kernel;
  std::int64_t stride;
  std::int64_t before;

  std::int64_t input_of(std::int64_t out, std::int64_t tap) const { return out * stride - before + tap; }
  std::int64_t tap_of(std::int64_t in, std::int64_t out) const { return in + before - out * stride; }

  /// The taps of output `out` that see the input and not the padding.
  Range taps(std::int64_t out) const {
    const std::int64_t start = input_of(out, 0);
    return {std::max<std::int64_t>(0, -start), std::min(kernel, input - start)};
  }

  /// The outputs that see the input and not the padding with `tap`.
  Range outputs_of_tap(std::int64_t tap) const {
    return clipped(ceil_div(before - tap), floor_div(input - 1 + before - tap));
  }

  /// The outputs that see the input `in` with any of their taps.
  Range outputs_of_input(std::int64_t in) const {
    return clipped(ceil_div(in + before - kernel + 1), floor_div(in + before));
  }

 private:
  std::int64_t floor_div(std::int64_t value) const {
    return value >= 0 ? value / stride : -((-value + stride - 1) / stride);
  }
  std::int64_t ceil_div(std::int64_t value) const { return -floor_div(-value); }
  Range clipped(std::int64_t first, std::int64_t last) const {
    return {std::max<std::int64_t>(0, first), std::min(output, last + 1)};
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

}  // namespace cnnbench::reference
