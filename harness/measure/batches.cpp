#include "harness/measure/batches.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "harness/measure/statistics.h"

namespace cnnbench {

std::size_t batch_count(std::size_t values) {
  constexpr std::size_t least = 10;
  constexpr std::size_t most = 20;
  return std::min(values, std::clamp(values / 20, least, most));
}

std::vector<double> batch_means(std::span<const double> values, std::size_t batches) {
  std::vector<double> means;
  for (std::size_t batch = 0; batch < batches; ++batch) {
    const std::size_t first = batch * values.size() / batches;
    const std::size_t end = (batch + 1) * values.size() / batches;
    const double sum = std::accumulate(values.begin() + static_cast<std::ptrdiff_t>(first),
                                       values.begin() + static_cast<std::ptrdiff_t>(end), 0.0);
    means.push_back(sum / static_cast<double>(end - first));
  }
  return means;
}

double standard_error(std::span<const double> batches) {
  Welford welford;
  for (const double batch : batches) welford.add(batch);
  return std::sqrt(welford.variance().value() / static_cast<double>(batches.size()));
}

}  // namespace cnnbench
