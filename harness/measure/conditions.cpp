#include "harness/measure/conditions.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <string>

#include "harness/machine/files.h"
#include "harness/measure/statistics.h"

namespace cnnbench {
namespace {

// The canaries take two milliseconds: a hundredth of the time.
constexpr double seconds_between_songs = 0.2;
// They empty the caches, which costs the next step as many milliseconds at most.
constexpr double longest_step_that_notices = 0.1;
// The kernel counts what ran when a tick came: the share of a CPU is known to a fiftieth then.
constexpr double fewest_ticks = 50;

/// What one rank found, as it is gathered.
struct OfRank {
  double seconds;
  double switches;
  double throttled_seconds;
  CanaryTimes songs;
  CanaryTimes references;
  double settle_seconds;
  double unsettled_blocks;
  double node;  ///< the same for ranks of one node
  double load_seconds;
  double busy;  ///< seconds of the node's CPUs in the meantime, and so on: see CpuTimes
  double cpus;
  double own;
  double stolen;
  double own_cpus;
};
constexpr std::size_t values_a_rank = sizeof(OfRank) / sizeof(double);
using Values = std::array<double, values_a_rank>;

std::vector<OfRank> gather(Cluster& cluster, const OfRank& mine) {
  const std::vector<double> all = cluster.gather(std::bit_cast<Values>(mine));
  std::vector<OfRank> ranks(all.size() / values_a_rank);
  for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
    Values values;
    std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(rank * values_a_rank), values_a_rank,
                values.begin());
    ranks[rank] = std::bit_cast<OfRank>(values);
  }
  return ranks;
}

/// A number of 52 bits for the running kernel.
double node_number() {
  static const double number = static_cast<double>(
      std::hash<std::string>{}(read_text("/proc/sys/kernel/random/boot_id").value_or("")) >> 12);
  return number;
}

CanaryTimes medians_of(const std::vector<CanaryTimes>& songs) {
  CanaryTimes medians;
  for (const Part part : parts) {
    std::vector<double> seconds;
    for (const CanaryTimes& song : songs)
      if (!std::isnan(song[part])) seconds.push_back(song[part]);
    std::sort(seconds.begin(), seconds.end());
    if (!seconds.empty()) medians[part] = quantile(seconds, 0.5);
  }
  return medians;
}

/// The larger; what is not known is left out.
void take_larger(std::optional<double>& most, double value) {
  if (std::isfinite(value)) most = std::max(most.value_or(value), value);
}

void rate_load(Conditions& conditions, const std::vector<OfRank>& ranks) {
  for (const OfRank& rank : ranks) {
    if (rank.load_seconds < fewest_ticks * cpu_tick_seconds()) continue;
    take_larger(conditions.steal_share, rank.stolen / (rank.load_seconds * rank.own_cpus));
    double own = 0;
    for (const OfRank& other : ranks) own += other.node == rank.node ? other.own : 0;
    // Ticks may count less than what was used, but never less than nothing.
    take_larger(conditions.other_load,
                std::max(rank.busy - own, 0.0 * rank.busy) / (rank.load_seconds * rank.cpus));
  }
}

}  // namespace

void rate_canaries(Conditions& conditions, std::span<const CanaryTimes> references) {
  const auto largest = [&](Part part) {
    std::optional<double> most;
    for (std::size_t rank = 0; rank < std::min(references.size(), conditions.canaries.size()); ++rank)
      take_larger(most, conditions.canaries[rank][part] / references[rank][part]);
    return most;
  };
  conditions.slowdown = largest(Part::cores);
  conditions.cache_slowdown = largest(Part::cache);
  conditions.memory_slowdown = largest(Part::memory);
}

std::vector<CanaryTimes> gather_references(const ConditionsProbe& probe, Cluster& cluster) {
  const CanaryTimes mine = probe.reference();
  std::array<double, parts.size()> values{};
  for (std::size_t i = 0; i < parts.size(); ++i) values[i] = mine[parts[i]];
  const std::vector<double> all = cluster.gather(values);
  std::vector<CanaryTimes> references(all.size() / parts.size());
  for (std::size_t i = 0; i < all.size(); ++i) references[i / parts.size()][parts[i % parts.size()]] = all[i];
  return references;
}

ConditionsProbe::Settled ConditionsWatch::wait(ConditionsProbe::Before what) {
  const ConditionsProbe::Settled settled = probe_->settle(processes_, what);
  settle_seconds_ = std::max(settle_seconds_, settled.seconds);
  return settled;
}

void ConditionsWatch::settle() {
  if (probe_ != nullptr && !wait(ConditionsProbe::Before::block).asleep) ++unsettled_blocks_;
}

void ConditionsWatch::block_begins() {
  if (probe_ == nullptr) return;
  if (!first_load_) first_load_ = probe_->load(processes_);
  before_ = probe_->counters();
}

bool ConditionsWatch::block_ended(Cluster& cluster, double seconds, int steps) {
  if (probe_ == nullptr) return false;
  const ConditionsProbe::Counters after = probe_->counters();
  sum_.seconds += after.seconds - before_.seconds;
  sum_.involuntary_switches += after.involuntary_switches - before_.involuntary_switches;
  sum_.throttled_seconds += after.throttled_seconds - before_.throttled_seconds;
  seconds_since_ += seconds;
  enum Decision { no_song, song, song_and_untimed_step };
  const bool noticed = seconds < longest_step_that_notices * steps;
  const Decision mine = seconds_since_ < seconds_between_songs ? no_song
                        : noticed                              ? song_and_untimed_step
                                                               : song;
  const int decision = cluster.broadcast(mine);
  if (decision == no_song) return false;
  // Threads that spin would slow the canary down; it is about others. Those of all ranks: hence the barrier.
  const bool asleep = wait(ConditionsProbe::Before::song).asleep;
  cluster.barrier();
  const CanaryTimes times = probe_->sing();
  if (asleep) songs_.push_back(times);
  seconds_since_ = 0;
  return decision == song_and_untimed_step;
}

Conditions ConditionsWatch::over_ranks(Cluster& cluster) const {
  if (probe_ == nullptr || !first_load_) return {};
  const ConditionsProbe::Load load = probe_->load(processes_);
  const CpuTimes& before = first_load_->cpu;
  const std::vector<OfRank> ranks =
      gather(cluster, {sum_.seconds, sum_.involuntary_switches, sum_.throttled_seconds, medians_of(songs_),
                       probe_->reference(), settle_seconds_, unsettled_blocks_, node_number(),
                       load.seconds - first_load_->seconds, load.cpu.busy - before.busy, load.cpu.cpus,
                       load.cpu.own - before.own, load.cpu.stolen - before.stolen, load.cpu.own_cpus});
  Conditions result;
  double switches = 0;
  std::vector<CanaryTimes> references;
  for (const OfRank& rank : ranks) {
    result.seconds = std::max(result.seconds, rank.seconds);
    switches += rank.switches;
    take_larger(result.throttled_seconds, rank.throttled_seconds);
    result.canaries.push_back(rank.songs);
    references.push_back(rank.references);
    result.settle_seconds = std::max(result.settle_seconds, rank.settle_seconds);
    result.unsettled_blocks =
        std::max<std::int64_t>(result.unsettled_blocks, std::llround(rank.unsettled_blocks));
  }
  rate_canaries(result, references);
  rate_load(result, ranks);
  if (!ranks.empty() && !elsewhere_) result.involuntary_switches = std::llround(switches);
  return result;
}

}  // namespace cnnbench
