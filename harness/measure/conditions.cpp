#include "harness/measure/conditions.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <thread>

#include "harness/machine/disturbances.h"
#include "harness/machine/running_threads.h"
#include "harness/measure/canary.h"
#include "harness/measure/statistics.h"

namespace cnnbench {
namespace {

// A canary takes a millisecond: at most a hundredth of the time, and nothing that short steps would notice.
constexpr double seconds_between_canaries = 0.1;

// The longest that an OpenMP runtime spins by default is some tens of milliseconds (GOMP_SPINCOUNT of
// 300,000).
constexpr double most_settle_seconds = 0.25;

class Probe final : public ConditionsProbe {
 public:
  Probe(Clock& clock, int threads) : clock_(clock), canary_(clock, threads) {}

  Counters counters() override {
    const Disturbances now = reader_.read();
    return {clock_.now(), static_cast<double>(now.involuntary_switches),
            now.throttled_seconds.value_or(std::numeric_limits<double>::quiet_NaN())};
  }

  double slowdown() override {
    const double slowdown = canary_.sing() / canary_.reference_seconds();
    settle(std::array{this_process()});  // its threads, too, would spin into the next block
    return slowdown;
  }

  Settled settle(std::span<const int> processes) override {
    const double start = clock_.now();
    while (true) {
      const bool asleep = std::all_of(processes.begin(), processes.end(),
                                      [](int process) { return running_threads(process) == 0; });
      const double waited = clock_.now() - start;
      if (asleep || waited > most_settle_seconds) return {waited, asleep};
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
  }

 private:
  Clock& clock_;
  DisturbanceReader reader_;
  Canary canary_;
};

}  // namespace

std::unique_ptr<ConditionsProbe> make_conditions_probe(Clock& clock, int threads) {
  return std::make_unique<Probe>(clock, threads);
}

void ConditionsWatch::settle(std::span<const int> processes) {
  if (probe_ == nullptr) return;
  const ConditionsProbe::Settled settled = probe_->settle(processes);
  settle_seconds_ = std::max(settle_seconds_, settled.seconds);
  unsettled_blocks_ += settled.asleep ? 0 : 1;
}

void ConditionsWatch::block_begins() {
  if (probe_ != nullptr) before_ = probe_->counters();
}

void ConditionsWatch::block_ended(Cluster& cluster, double seconds) {
  if (probe_ == nullptr) return;
  const ConditionsProbe::Counters after = probe_->counters();
  sum_.seconds += after.seconds - before_.seconds;
  sum_.involuntary_switches += after.involuntary_switches - before_.involuntary_switches;
  sum_.throttled_seconds += after.throttled_seconds - before_.throttled_seconds;
  seconds_since_ += seconds;
  const bool due = slowdowns_.empty() || seconds_since_ >= seconds_between_canaries;
  if (cluster.broadcast(due ? 1 : 0) == 0) return;
  cluster.barrier();
  slowdowns_.push_back(probe_->slowdown());
  seconds_since_ = 0;
}

Conditions ConditionsWatch::over_ranks(Cluster& cluster) const {
  if (probe_ == nullptr || slowdowns_.empty()) return {};
  std::vector<double> sorted = slowdowns_;
  std::sort(sorted.begin(), sorted.end());
  const std::array mine{sum_.seconds,          sum_.involuntary_switches, sum_.throttled_seconds,
                        quantile(sorted, 0.5), settle_seconds_,           unsettled_blocks_};
  const std::vector<double> all = cluster.gather(mine);
  Conditions result;
  double switches = 0;
  for (std::size_t i = 0; i < all.size(); i += mine.size()) {
    result.seconds = std::max(result.seconds, all[i]);
    switches += all[i + 1];
    if (!std::isnan(all[i + 2]))
      result.throttled_seconds = std::max(result.throttled_seconds.value_or(0), all[i + 2]);
    result.slowdown = std::max(result.slowdown.value_or(0), all[i + 3]);
    result.settle_seconds = std::max(result.settle_seconds, all[i + 4]);
    result.unsettled_blocks = std::max<std::int64_t>(result.unsettled_blocks, std::llround(all[i + 5]));
  }
  if (!all.empty() && !elsewhere_) result.involuntary_switches = std::llround(switches);
  return result;
}

}  // namespace cnnbench
