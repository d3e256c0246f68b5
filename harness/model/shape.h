#pragma once

#include <cstdint>
#include <string>

namespace cnnbench {

/// Height and width of a kernel, a stride or a margin, in elements.
struct Extent {
  std::int64_t height = 0;
  std::int64_t width = 0;
  bool operator==(const Extent&) const = default;
};

/// Shape of one image's activations in CHW order; the batch dimension is kept apart. A vector of n units is
/// n×1×1.
struct Shape {
  std::int64_t channels = 0;
  std::int64_t height = 1;
  std::int64_t width = 1;
  bool operator==(const Shape&) const = default;

  /// Elements of one image.
  std::int64_t size() const { return channels * height * width; }
};

/// "64x224x224".
std::string to_string(const Shape& shape);

/// "7" where both sides are equal, else "7x5" (height x width).
std::string to_string(const Extent& extent);

}  // namespace cnnbench
