#include "harness/measure/canaries.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "harness/measure/statistics.h"

namespace cnnbench {

std::string_view to_string(Part part) {
  switch (part) {
    case Part::cores:
      return "cores";
    case Part::cache:
      return "cache";
    case Part::memory:
      return "memory";
  }
  return "";
}

CanaryTimes best_of(const CanaryTimes& a, const CanaryTimes& b) {
  CanaryTimes best;
  for (const Part part : parts) best[part] = std::fmin(a[part], b[part]);  // ignores one that is NaN
  return best;
}

Canaries::Canaries(Clock& clock, int threads) : cores_(clock, threads), memory_(clock, threads) {
  refer_again();
}

CanaryTimes Canaries::sing() const {
  CanaryTimes times;
  times[Part::cores] = cores_.sing();
  const MemoryCanary::Times read = memory_.sing();
  times[Part::cache] = read.cache;
  times[Part::memory] = read.memory;
  return times;
}

void Canaries::refer_again() {
  std::array<CanaryTimes, Canary::reference_songs> songs;
  for (CanaryTimes& song : songs) song = sing();
  CanaryTimes medians;
  for (const Part part : parts) {
    std::vector<double> seconds;
    for (const CanaryTimes& song : songs) seconds.push_back(song[part]);
    std::sort(seconds.begin(), seconds.end());
    medians[part] = quantile(seconds, 0.5);
  }
  reference_ = best_of(reference_, medians);
}

}  // namespace cnnbench
