#include <algorithm>
#include <chrono>
#include <limits>
#include <set>
#include <thread>
#include <vector>

#include "harness/machine/disturbances.h"
#include "harness/machine/running_threads.h"
#include "harness/measure/conditions.h"

namespace cnnbench {
namespace {

// The longest that an OpenMP runtime spins by default is some tens of milliseconds (GOMP_SPINCOUNT of
// 300,000).
constexpr double most_settle_seconds = 0.25;

class Probe final : public ConditionsProbe {
 public:
  Probe(Clock& clock, int threads) : clock_(clock), canaries_(clock, threads), known_{this_process()} {
    // Where threads are told to spin for ever, those of our own pool do so already, and sing themselves.
    if (!wait_for({this_process()}, 0).asleep) spinning_ = running_threads(this_process());
  }

  Counters counters() override {
    const Disturbances now = reader_.read();
    return {clock_.now(), static_cast<double>(now.involuntary_switches),
            now.throttled_seconds.value_or(std::numeric_limits<double>::quiet_NaN())};
  }

  Load load(std::span<const int> processes) override { return {clock_.now(), read_cpu_times(processes)}; }

  CanaryTimes sing() override {
    const CanaryTimes times = canaries_.sing();
    wait_for({this_process()}, spinning_);  // its threads, too, would spin into the next block
    return times;
  }

  CanaryTimes reference() const override { return canaries_.reference(); }

  void refer_again() override {
    canaries_.refer_again();
    wait_for({this_process()}, spinning_);
  }

  Settled settle(std::span<const int> processes, Before what) override {
    known_.insert(processes.begin(), processes.end());
    return wait_for({processes.begin(), processes.end()}, what == Before::song ? spinning_ : 0);
  }

  void settle_all() override { wait_for({known_.begin(), known_.end()}, spinning_); }

 private:
  /// Until at most `own` other threads of this process run, and none of the others.
  Settled wait_for(const std::vector<int>& processes, int own) const {
    const double start = clock_.now();
    while (true) {
      const bool asleep = std::all_of(processes.begin(), processes.end(), [own](int process) {
        return running_threads(process) <= (process == this_process() ? own : 0);
      });
      const double waited = clock_.now() - start;
      if (asleep || waited > most_settle_seconds) return {waited, asleep};
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
  }

  Clock& clock_;
  DisturbanceReader reader_;
  Canaries canaries_;
  std::set<int> known_;  // processes that were ever waited for
  int spinning_ = 0;     // threads of this process that never sleep
};

}  // namespace

std::unique_ptr<ConditionsProbe> make_conditions_probe(Clock& clock, int threads) {
  return std::make_unique<Probe>(clock, threads);
}

}  // namespace cnnbench
