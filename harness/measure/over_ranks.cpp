#include "harness/measure/over_ranks.h"

#include <algorithm>
#include <limits>

#include "harness/measure/statistics.h"

namespace cnnbench {
namespace {

std::size_t steps_of(const Samples& samples) {
  return samples.per_rank.empty() ? 0 : samples.per_rank[0].size();
}

double first_start(const Samples& samples, std::size_t step) {
  double first = std::numeric_limits<double>::infinity();
  for (const std::vector<double>& starts : samples.starts) first = std::min(first, starts[step]);
  return first;
}

/// The ranks' own times of a step.
std::vector<double> own_times(const Samples& samples, std::size_t step) {
  std::vector<double> times;
  for (const std::vector<double>& rank : samples.per_rank) times.push_back(rank[step]);
  return times;
}

}  // namespace

StepOverRanks step_over_ranks(const Samples& samples, std::size_t step) {
  StepOverRanks result;
  const double first = first_start(samples, step);
  for (std::size_t rank = 0; rank < samples.per_rank.size(); ++rank) {
    const double after = samples.starts[rank][step] - first;
    const double own = samples.per_rank[rank][step];
    result.seconds = std::max(result.seconds, after + own);
    result.longest = std::max(result.longest, own);
    result.skew = std::max(result.skew, after);
  }
  return result;
}

std::vector<double> makespans(const Samples& samples) {
  std::vector<double> seconds;
  for (std::size_t step = 0; step < steps_of(samples); ++step)
    seconds.push_back(step_over_ranks(samples, step).seconds);
  return seconds;
}

OverRanks over_ranks(const Samples& samples, double tick) {
  std::vector<double> seconds, longest, skew, waiting;
  for (std::size_t step = 0; step < steps_of(samples); ++step) {
    const StepOverRanks one = step_over_ranks(samples, step);
    seconds.push_back(one.seconds);
    longest.push_back(one.longest);
    skew.push_back(one.skew);
    waiting.push_back(one.seconds - one.longest);
  }
  return {summarize(seconds, tick), summarize(longest, tick), summarize(skew, tick),
          summarize(waiting, tick)};
}

std::optional<double> imbalance(const Samples& samples) {
  if (samples.per_rank.size() < 2) return {};
  std::vector<double> ratios;
  for (std::size_t step = 0; step < steps_of(samples); ++step) {
    std::vector<double> times = own_times(samples, step);
    std::sort(times.begin(), times.end());
    ratios.push_back(times.back() / quantile(std::span(times).first(times.size() - 1), 0.5));
  }
  std::sort(ratios.begin(), ratios.end());
  return quantile(ratios, 0.5);
}

std::vector<std::int64_t> slowest_steps(const Samples& samples) {
  std::vector<std::int64_t> counts(samples.per_rank.size(), 0);
  for (std::size_t step = 0; step < steps_of(samples); ++step) {
    const std::vector<double> times = own_times(samples, step);
    ++counts[static_cast<std::size_t>(std::max_element(times.begin(), times.end()) - times.begin())];
  }
  return counts;
}

BurstTime burst_time(const Samples& samples) {
  BurstTime time;
  for (std::size_t burst = 0; burst < samples.bursts.size(); ++burst) {
    const std::size_t begin = samples.bursts[burst];
    const std::size_t end = burst + 1 < samples.bursts.size() ? samples.bursts[burst + 1] : steps_of(samples);
    if (begin >= end) continue;
    for (std::size_t step = begin; step < end; ++step) time.steps += step_over_ranks(samples, step).seconds;
    time.bursts += first_start(samples, end - 1) - first_start(samples, begin) +
                   step_over_ranks(samples, end - 1).seconds;
    time.gaps += static_cast<std::int64_t>(end - begin) - 1;
  }
  return time;
}

}  // namespace cnnbench
