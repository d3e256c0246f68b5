#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "harness/cluster/cluster.h"
#include "harness/measure/clock.h"
#include "harness/measure/measuring_loop.h"

namespace cnnbench {

/// A clock that stands still until it is told to go on.
class FakeClock final : public Clock {
 public:
  double now() override { return seconds_ += cost_of_a_call; }
  void advance(double seconds) { seconds_ += seconds; }
  double elapsed() const { return seconds_; }
  double cost_of_a_call = 0;

 private:
  double seconds_ = 0;
};

/// The steady clock, which runs faster where it is told to.
class StretchedClock final : public Clock {
 public:
  double now() override { return factor * clock_.now(); }
  double factor = 1;

 private:
  SteadyClock clock_;
};

/// What happened, in order: "barrier", "gather", "broadcast", "max", and the names of the steps that ran.
using Journal = std::vector<std::string>;

/// One rank of several; the others are played by functions. Every collective call is noted in the journal.
class FakeCluster : public Cluster {
 public:
  /// What rank `other` contributes to the call-th gather (from 0), given what this rank contributes: of a
  /// timed step the seconds of its parts, its start, and 1 where it was interrupted, 2 where it failed.
  using Others = std::function<std::vector<double>(int other, std::size_t call, std::span<const double> own)>;

  FakeCluster(int rank, int size) : rank_(rank), size_(size) {}

  Journal journal;
  Others others = [](int, std::size_t, std::span<const double> own) {
    return std::vector<double>(own.begin(), own.end());
  };
  std::vector<int>
      decisions;  ///< what rank 0 broadcast; on other ranks to be set: what they are told, in order
  std::size_t maximum_is_1 =
      0;  ///< the call of max(), counted from 1, at which another rank has a 1; 0: never
  std::function<void()> on_barrier = [] {};

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  void barrier() override {
    journal.push_back("barrier");
    on_barrier();
  }
  std::vector<double> gather(std::span<const double> values) override {
    journal.push_back("gather");
    const std::size_t call = gathers_++;
    std::vector<double> all;
    for (int other = 0; is_root() && other < size_; ++other) {
      const std::vector<double> theirs =
          other == rank_ ? std::vector<double>(values.begin(), values.end()) : others(other, call, values);
      all.insert(all.end(), theirs.begin(), theirs.end());
    }
    return all;
  }
  std::vector<std::string> gather(const std::string& text) override {
    return is_root() ? std::vector<std::string>(static_cast<std::size_t>(size_), text)
                     : std::vector<std::string>{};
  }
  int broadcast(int value) override {
    journal.push_back("broadcast");
    if (!is_root()) return decisions.at(broadcasts_++);
    decisions.push_back(value);
    return value;
  }
  std::string broadcast(const std::string& text) override { return text; }
  int max(int value) override {
    journal.push_back("max");
    return std::max(value, ++maxima_ == maximum_is_1 ? 1 : 0);
  }
  int node_size() const override { return size_; }
  int node_rank() const override { return rank_; }
  int node() const override { return 0; }
  void send(int, double) override { throw std::logic_error("the fake's ranks are on one node"); }
  double receive(int) override { throw std::logic_error("the fake's ranks are on one node"); }
  std::string library() const override { return "none"; }

 private:
  int rank_;
  int size_;
  std::size_t gathers_ = 0;
  std::size_t broadcasts_ = 0;
  std::size_t maxima_ = 0;
};

/// So many steps, and no other condition.
inline TimingSettings exactly(std::int64_t burn_in, std::int64_t steps) {
  return {burn_in, steps, 0, 0};
}

/// A step whose k-th run takes the k-th of the given times, over and over; it times itself by the fake clock,
/// as the runner's steps do by the real one. Copies of timed() share its count.
class FakeStep {
 public:
  FakeStep(FakeClock& clock, const std::vector<double>& durations) : state_(std::make_shared<State>(clock)) {
    for (const double duration : durations) state_->durations.push_back({duration});
  }

  /// A step of several parts: durations[run][part].
  static FakeStep with_parts(FakeClock& clock, std::vector<std::vector<double>> durations) {
    FakeStep step(clock, {});
    step.state_->durations = std::move(durations);
    return step;
  }

  /// Notes every run in a journal under a name.
  FakeStep& noted(Journal& journal, std::string name) {
    state_->note = [&journal, name = std::move(name)] { journal.push_back(name); };
    return *this;
  }

  std::int64_t runs() const { return state_->runs; }

  TimedStep timed() const {
    const auto run = [state = state_](std::span<double> seconds) {
      state->note();
      const std::vector<double>& durations =
          state->durations[static_cast<std::size_t>(state->runs++) % state->durations.size()];
      const double began = state->clock.now();
      for (std::size_t part = 0; part < seconds.size(); ++part) {
        const double start = state->clock.now();
        state->clock.advance(durations.at(part));
        seconds[part] = state->clock.now() - start;
      }
      return began;
    };
    return {state_->durations.front().size(), run};
  }

 private:
  struct State {
    explicit State(FakeClock& fake_clock) : clock(fake_clock) {}
    FakeClock& clock;
    std::vector<std::vector<double>> durations;
    std::int64_t runs = 0;
    std::function<void()> note = [] {};
  };
  std::shared_ptr<State> state_;
};

}  // namespace cnnbench
