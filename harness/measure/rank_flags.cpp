#include "harness/measure/rank_flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "harness/measure/over_ranks.h"

namespace cnnbench {
namespace {

constexpr double most_imbalance = 1.10;
constexpr double most_waiting = 1.10;
constexpr double most_between_steps = 1.25;
constexpr double least_gap_seconds = 200e-6;
constexpr double most_clock_error = 0.02;

void flag_imbalance(std::vector<Flag>& flags, const Samples& samples, const std::vector<std::string>& hosts) {
  const double ratio = imbalance(samples).value_or(1);
  if (ratio <= most_imbalance) return;
  const std::vector<std::int64_t> counts = slowest_steps(samples);
  const auto rank = static_cast<std::size_t>(std::max_element(counts.begin(), counts.end()) - counts.begin());
  const std::string where = rank < hosts.size() ? " on " + hosts[rank] : "";
  const std::string others = counts.size() == 2 ? "other rank" : "median of the others";
  flags.push_back({"imbalance",
                   fmt::format("the slowest rank takes {:.2f} times as long as the {}; slowest in {} of {} "
                               "steps: rank {}{}",
                               ratio, others, counts[rank], samples.per_rank[0].size(), rank, where),
                   ratio});
}

void flag_waiting(std::vector<Flag>& flags, const Samples& samples) {
  double all = 0;
  double longest = 0;
  for (std::size_t step = 0; step < samples.per_rank[0].size(); ++step) {
    const StepOverRanks one = step_over_ranks(samples, step);
    all += one.seconds;
    longest += one.longest;
  }
  const double factor = all / longest;
  if (!(factor > most_waiting)) return;
  flags.push_back(
      {"waiting",
       fmt::format("the steps of all ranks take {:.2f} times as long as those of the slowest rank alone: the "
                   "ranks do not run at the same time. Do they share cores?",
                   factor),
       factor});
}

void flag_between_steps(std::vector<Flag>& flags, const Samples& samples) {
  const BurstTime time = burst_time(samples);
  const double lost = time.bursts - time.steps;
  if (time.gaps == 0 || lost < least_gap_seconds * static_cast<double>(time.gaps)) return;
  const double factor = time.bursts / time.steps;
  if (!(factor > most_between_steps)) return;
  flags.push_back(
      {"between steps",
       fmt::format("the steps add up to {:.3g} s, the bursts that they were taken in took {:.3g} s: "
                   "{:.2f} times as long",
                   time.steps, time.bursts, factor),
       factor});
}

void flag_clock_error(std::vector<Flag>& flags, const Samples& samples) {
  std::vector<double> seconds = makespans(samples);
  std::sort(seconds.begin(), seconds.end());
  const double share = samples.clock_error_seconds / quantile(seconds, 0.5);
  if (!(share > most_clock_error)) return;
  flags.push_back({"clock error",
                   fmt::format("the clocks of the nodes are known to ±{:.2g} µs of one another: {:.0f} % of "
                               "a step",
                               1e6 * samples.clock_error_seconds, 100 * share),
                   share});
}

}  // namespace

std::vector<Flag> rank_flags(const Samples& samples, const std::vector<std::string>& hosts) {
  std::vector<Flag> flags;
  if (samples.per_rank.empty() || samples.per_rank[0].empty()) return flags;
  flag_imbalance(flags, samples, hosts);
  flag_waiting(flags, samples);
  flag_between_steps(flags, samples);
  flag_clock_error(flags, samples);
  return flags;
}

}  // namespace cnnbench
