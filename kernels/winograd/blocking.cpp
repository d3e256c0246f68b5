#include "kernels/winograd/blocking.h"

#include <unistd.h>

#include <algorithm>

namespace cnnbench::winograd {
namespace {

/// Bytes of a core's second-level cache.
std::int64_t second_level_cache() {
  const long bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
  return bytes > 0 ? bytes : std::int64_t{512} << 10;
}

/// Transformed weights larger than this do not stay in a last-level cache beside the images.
constexpr std::int64_t large_weights = std::int64_t{12} << 20;
constexpr std::int64_t shared_tiles = 256;

Blocking make(const Shape& shape, int threads, std::int64_t least, std::int64_t most) {
  const std::int64_t weights = 4 * elements * shape.in_channels * shape.out_channels;
  const std::int64_t tile = 4 * elements * (shape.in_channels + shape.out_channels);
  if (threads > 1 && (weights > large_weights || shape.tiles() < 2 * least * threads))
    return {std::min(shape.tiles(), shared_tiles), true};
  const std::int64_t fitting = second_level_cache() * 6 / 10 / tile;
  return {std::min(shape.tiles(), std::clamp(fitting, least, most)), false};
}

}  // namespace

// The bounds are a flat optimum: measured on 2 cores with AVX-512 and 2 MiB of second-level cache a core,
// VGG16's layers, 16 to 600 tiles a block.

Blocking forward_blocking(const Shape& shape, int threads) {
  return make(shape, threads, 28, 64);
}

Blocking backward_weights_blocking(const Shape& shape, int threads) {
  return make(shape, threads, 48, 96);  // larger: every block reads and writes all sums
}

}  // namespace cnnbench::winograd
