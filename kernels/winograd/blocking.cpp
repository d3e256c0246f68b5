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

/// Transformed weights larger than this are read once for many tiles: 6 % faster in the 56×56 layers of
/// VGG16, whose weights take 5 and 9 MiB, than where every small block reads them from the last-level cache.
constexpr std::int64_t large_weights = std::int64_t{4} << 20;
/// Transformed weights up to this large come from the last-level cache for one small block after another, if
/// the tiles leave them there. Measured on 2 cores with 32 MiB of it, the 56×56 layers of VGG16, blocks of 24
/// to 56 tiles in place of 256: 6 % faster with AVX-512, 14 % with AVX2.
constexpr std::int64_t cached_weights = std::int64_t{24} << 20;
/// Bytes of scratch memory, but for one set of sums where the weights are larger than half of it.
constexpr std::int64_t most_scratch = std::int64_t{72} << 20;
constexpr std::int64_t shared_tiles = 256;
constexpr std::int64_t cached_tiles_a_thread = 24;

std::int64_t weight_bytes(const Shape& shape) {
  return 4 * shape.elements() * shape.in_channels * shape.out_channels;
}

/// `least` and `most` tiles of a thread's own blocks; with `sums`, each thread has sums of its own, too, as
/// large as the weights.
Blocking choose(const Shape& shape, int threads, std::int64_t least, std::int64_t most, bool sums) {
  const std::int64_t weights = weight_bytes(shape);
  const std::int64_t tile = 4 * shape.elements() * (shape.in_channels + shape.out_channels);
  const std::int64_t fitting = std::clamp(second_level_cache() * 6 / 10 / tile, least, most);
  // Weights that every block reads from beyond the second-level cache want many tiles to be worth it.
  const std::int64_t blocks = weights > second_level_cache() ? 8 : 2;
  const bool enough_blocks = threads == 1 || shape.tiles() >= blocks * least * threads;
  const std::int64_t scratch = threads * (fitting * tile + (sums ? weights : 0));
  if (weights <= large_weights && enough_blocks && scratch <= most_scratch)
    return {std::min(shape.tiles(), fitting), false};
  const std::int64_t room = std::max(most_scratch - (sums ? weights : 0), most_scratch / 2);
  return {std::min(shape.tiles(), std::clamp<std::int64_t>(room / tile, 1, shared_tiles)), true};
}

}  // namespace

// The other bounds are a flat optimum: measured on 2 cores with AVX-512 and 2 MiB of second-level cache a
// core, VGG16's layers, 16 to 600 tiles a block.

Blocking forward_blocking(const Shape& shape, int threads) {
  Blocking blocking = choose(shape, threads, 28, 64, false);
  if (blocking.shared && weight_bytes(shape) <= cached_weights)
    blocking.tiles = std::min(blocking.tiles, std::max(threads, 2) * cached_tiles_a_thread);
  return blocking;
}

Blocking backward_weights_blocking(const Shape& shape, int threads) {
  return choose(shape, threads, 48, 96, true);  // larger blocks: each reads and writes all sums
}

}  // namespace cnnbench::winograd
