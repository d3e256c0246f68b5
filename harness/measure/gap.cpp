#include "harness/measure/gap.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

namespace cnnbench {
namespace {

constexpr std::int64_t mib = 1 << 20;
constexpr std::int64_t line = 64 / sizeof(float);  // elements

std::int64_t bytes_for(int threads) {
  const std::int64_t last_level = std::max<std::int64_t>(sysconf(_SC_LEVEL3_CACHE_SIZE), 0);
  // Each thread has a cache of its own, too.
  return std::max(std::clamp(4 * last_level, 64 * mib, 256 * mib), threads * 8 * mib);
}

}  // namespace

std::string_view to_string(Gap gap) {
  switch (gap) {
    case Gap::none:
      return "none";
    case Gap::idle:
      return "idle";
    case Gap::cold:
      return "cold";
  }
  return "";
}

void rest() {
  std::this_thread::sleep_for(std::chrono::duration<double>(rest_seconds));
}

void flush_caches(int threads) {
  static std::vector<float> buffer;
  const std::int64_t lines = bytes_for(threads) / (line * static_cast<std::int64_t>(sizeof(float)));
  buffer.resize(static_cast<std::size_t>(lines * line));
  float* const data = buffer.data();
#pragma omp parallel for num_threads(threads) schedule(static)
  for (std::int64_t i = 0; i < lines; ++i) data[i * line] += 1;
}

double flushing_bytes(int threads) {
  return static_cast<double>(bytes_for(threads));
}

}  // namespace cnnbench
