#include "harness/backend/random.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>

namespace cnnbench {
namespace {

// Multipliers and key increments (Weyl sequences) of Salmon et al. 2011, §4.3.
constexpr std::uint32_t multiplier_0 = 0xD2511F53;
constexpr std::uint32_t multiplier_1 = 0xCD9E8D57;
constexpr std::uint32_t increment_0 = 0x9E3779B9;
constexpr std::uint32_t increment_1 = 0xBB67AE85;
constexpr int rounds = 10;

inline std::uint32_t low_word(std::uint64_t value) {
  return static_cast<std::uint32_t>(value);
}
inline std::uint32_t high_word(std::uint64_t value) {
  return static_cast<std::uint32_t>(value >> 32);
}

inline std::array<std::uint32_t, 4> mix(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) {
#pragma GCC unroll 10  // else the loop over blocks around it is not turned into vector instructions
  for (int round = 0; round < rounds; ++round) {
    const std::uint64_t product_0 = std::uint64_t{multiplier_0} * counter[0];
    const std::uint64_t product_1 = std::uint64_t{multiplier_1} * counter[2];
    counter = {high_word(product_1) ^ counter[1] ^ key[0], low_word(product_1),
               high_word(product_0) ^ counter[3] ^ key[1], low_word(product_0)};
    key[0] += increment_0;
    key[1] += increment_1;
  }
  return counter;
}

constexpr std::size_t chunk_blocks = 64;
constexpr std::size_t chunk_words = 4 * chunk_blocks;
using Words = std::array<std::uint32_t, chunk_words>;

// A third faster where 64-byte vectors are there. Integers alone: the same values from every clone.
#if defined(__x86_64__) && defined(__gnu_linux__)
#define CNNBENCH_VECTOR_CLONES __attribute__((target_clones("default", "avx512f")))
#else
#define CNNBENCH_VECTOR_CLONES
#endif

/// The words of a stream from block `block` on.
CNNBENCH_VECTOR_CLONES void philox_chunk(Words& words, std::uint64_t seed, std::uint64_t stream,
                                         std::uint64_t block) {
  for (std::size_t i = 0; i < chunk_blocks; ++i) {
    const std::array<std::uint32_t, 4> mixed =
        mix({low_word(block + i), high_word(block + i), low_word(stream), high_word(stream)},
            {low_word(seed), high_word(seed)});
    words[4 * i] = mixed[0];
    words[4 * i + 1] = mixed[1];
    words[4 * i + 2] = mixed[2];
    words[4 * i + 3] = mixed[3];
  }
}

/// Fills `values` a chunk at a time: convert(words, floats) turns a chunk of words into a chunk of values.
template <typename Convert>
void fill(std::span<float> values, std::uint64_t seed, std::uint64_t stream, std::uint64_t first,
          Convert convert) {
  Words words;
  std::array<float, chunk_words> converted;
  std::uint64_t block = first / 4;
  for (std::size_t done = 0; done < values.size(); done += chunk_words, block += chunk_blocks) {
    philox_chunk(words, seed, stream, block);
    convert(words, converted);
    const std::size_t count = std::min(chunk_words, values.size() - done);
    std::copy_n(converted.begin(), count, values.begin() + static_cast<std::ptrdiff_t>(done));
  }
}

/// The upper 24 bits, all that a float holds exactly; signed, because that conversion is one vector
/// instruction.
inline std::int32_t upper_bits(std::uint32_t word) {
  return static_cast<std::int32_t>(word >> 8);
}

constexpr float two_to_minus_24 = 0x1p-24f;

}  // namespace

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  return mix(counter, key);
}

void fill_uniform(std::span<float> values, std::uint64_t seed, std::uint64_t stream, float low, float high,
                  std::uint64_t first) {
  const float step = (high - low) * two_to_minus_24;
  fill(values, seed, stream, first, [=](const auto& words, auto& floats) {
    for (std::size_t i = 0; i < chunk_words; ++i)
      floats[i] = low + step * static_cast<float>(upper_bits(words[i]));
  });
}

void fill_normal(std::span<float> values, std::uint64_t seed, std::uint64_t stream, float mean, float sd,
                 std::uint64_t first) {
  fill(values, seed, stream, first, [=](const auto& words, auto& floats) {
    for (std::size_t i = 0; i < chunk_words; i += 2) {
      // In (0, 1], so that the logarithm is finite.
      const float radius_part = (static_cast<float>(upper_bits(words[i])) + 1.0f) * two_to_minus_24;
      const float angle_part = static_cast<float>(upper_bits(words[i + 1])) * two_to_minus_24;
      const float radius = sd * std::sqrt(-2.0f * std::log(radius_part));
      const float angle = 2.0f * std::numbers::pi_v<float> * angle_part;
      floats[i] = mean + radius * std::cos(angle);
      floats[i + 1] = mean + radius * std::sin(angle);
    }
  });
}

void fill_mask(std::span<float> values, std::uint64_t seed, std::uint64_t stream, float keep,
               std::uint64_t first) {
  const float scale = 1.0f / keep;
  const auto threshold = static_cast<std::int32_t>(std::lround(keep / two_to_minus_24));
  fill(values, seed, stream, first, [=](const auto& words, auto& floats) {
    for (std::size_t i = 0; i < chunk_words; ++i) floats[i] = upper_bits(words[i]) < threshold ? scale : 0.0f;
  });
}

}  // namespace cnnbench
