#pragma once

#include <span>
#include <vector>

#include "tests/harness/measure/fakes.h"

namespace cnnbench {

/// Counts 7 seconds, 3 switches and 0.5 s of throttling from each reading to the next; its canaries
/// take 1.25, 1.5 and 2 s where their references are 1 s.
class FakeProbe : public ConditionsProbe {
 public:
  explicit FakeProbe(Journal& journal) : journal_(journal) {
    for (const Part part : parts) best[part] = 1;
  }

  Counters counters() override {
    ++readings_;
    return {7 * readings_, 3 * readings_, 0.5 * readings_};
  }
  Load load(std::span<const int>) override {
    const Load now = loads.at(std::min(loads_read_, loads.size() - 1));
    ++loads_read_;
    return now;
  }
  CanaryTimes sing() override {
    journal_.push_back("canary");
    CanaryTimes times;
    times[Part::cores] = 1.25;
    times[Part::cache] = 1.5;
    times[Part::memory] = 2;
    return times;
  }
  CanaryTimes reference() const override { return best; }
  void refer_again() override { journal_.push_back("refer"); }
  Settled settle(std::span<const int> of, Before what) override {
    journal_.push_back(what == Before::block ? "settle" : "settle for canary");
    processes.assign(of.begin(), of.end());
    if (what == Before::song) return {0.0, canary_has_quiet};
    ++settlings_;
    return {0.25 * settlings_, settlings_ != 2};
  }
  void settle_all() override { journal_.push_back("settle all"); }

  std::vector<int> processes;    ///< that were last waited for
  CanaryTimes best;              ///< the references
  std::vector<Load> loads{{}};   ///< of one reading after the other
  bool canary_has_quiet = true;  ///< the threads of the run sleep in time

 private:
  Journal& journal_;
  double readings_ = 0;
  std::size_t loads_read_ = 0;
  int settlings_ = 0;
};

}  // namespace cnnbench
