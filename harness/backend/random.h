#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace cnnbench {

/// Philox4x32-10, a counter-based generator (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC
/// 2011): any block of any stream can be made again without making those before it.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

/// Element i of a stream depends on (seed, stream, first + i) alone, not on how a fill is cut into pieces.
/// `first` must be a multiple of 4.
void fill_uniform(std::span<float> values, std::uint64_t seed, std::uint64_t stream, float low, float high,
                  std::uint64_t first = 0);

/// Normal values (Box & Muller 1958).
void fill_normal(std::span<float> values, std::uint64_t seed, std::uint64_t stream, float mean, float sd,
                 std::uint64_t first = 0);

/// 0 with probability 1 - keep, else 1/keep.
void fill_mask(std::span<float> values, std::uint64_t seed, std::uint64_t stream, float keep,
               std::uint64_t first = 0);

}  // namespace cnnbench
