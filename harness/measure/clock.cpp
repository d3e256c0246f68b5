#include "harness/measure/clock.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace cnnbench {

namespace {
constexpr std::size_t clock_runs = 33;  // odd: the median is one of them
constexpr std::size_t calls_per_run = 256;
}  // namespace

ClockCost measure_clock(Clock& clock) {
  std::vector<double> readings(clock_runs * calls_per_run + 1);
  for (double& reading : readings) reading = clock.now();

  // A run is short, so that an interrupt spoils one of them and not the median.
  std::array<double, clock_runs> costs{};
  for (std::size_t run = 0; run < clock_runs; ++run) {
    const std::size_t first = run * calls_per_run;
    costs[run] = (readings[first + calls_per_run] - readings[first]) / static_cast<double>(calls_per_run);
  }
  const auto middle = costs.begin() + clock_runs / 2;
  std::nth_element(costs.begin(), middle, costs.end());

  ClockCost cost{*middle, 0};
  for (std::size_t i = 1; i < readings.size(); ++i) {
    const double difference = readings[i] - readings[i - 1];
    if (difference > 0 && (cost.resolution_seconds == 0 || difference < cost.resolution_seconds)) {
      cost.resolution_seconds = difference;
    }
  }
  return cost;
}

}  // namespace cnnbench
