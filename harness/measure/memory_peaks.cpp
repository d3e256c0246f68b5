#include "harness/measure/memory_peaks.h"

#include <algorithm>
#include <array>
#include <vector>

#include "harness/machine/peak_memory.h"

namespace cnnbench {

std::optional<std::int64_t> MemoryPeaks::largest() const {
  return std::max({prepare_bytes, verify_bytes, measure_bytes});
}

void MemoryWatch::phase_begins() {
  if (!reset_peak_memory()) local_.phases_apart = false;
}

void MemoryWatch::keep(std::optional<std::int64_t>& most) {
  most = std::max(most, peak_memory_bytes());
}

MemoryPeaks MemoryWatch::over_ranks(Cluster& cluster) const {
  constexpr std::size_t values = 4;
  const auto as_number = [](const std::optional<std::int64_t>& bytes) {
    return static_cast<double>(bytes.value_or(0));
  };
  const std::array<double, values> mine{as_number(local_.prepare_bytes), as_number(local_.verify_bytes),
                                        as_number(local_.measure_bytes), local_.phases_apart ? 0.0 : 1.0};
  std::array<double, values> most = mine;
  const std::vector<double> all = cluster.gather(mine);
  for (std::size_t i = 0; i < all.size(); ++i) most[i % values] = std::max(most[i % values], all[i]);
  const auto as_bytes = [](double bytes) {
    return bytes > 0 ? std::optional(static_cast<std::int64_t>(bytes)) : std::nullopt;
  };
  MemoryPeaks peaks;
  peaks.prepare_bytes = as_bytes(most[0]);
  peaks.verify_bytes = as_bytes(most[1]);
  peaks.measure_bytes = as_bytes(most[2]);
  peaks.phases_apart = most[3] == 0;
  return peaks;
}

}  // namespace cnnbench
