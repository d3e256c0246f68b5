#pragma once

#include <algorithm>
#include <cstdint>
#include <new>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "harness/measure/measuring_loop.h"
#include "harness/measure/over_ranks.h"

namespace cnnbench {

/// One TimedStep while it is being measured. Every rank makes the same calls in the same order.
class Subject {
 public:
  static constexpr std::int64_t steps_of_a_new_program = 2;  ///< untimed: the first touches new memory

  Subject(const TimedStep& step, const TimingSettings& settings, Cluster& cluster, ConditionsProbe* probe,
          const std::vector<int>& processes)
      : step_(step),
        cluster_(cluster),
        watch_(probe, processes, step.process != 0),
        rule_(settings),
        local_(step.parts + 2) {
    if (!cluster.is_root()) return;
    samples_.slowest.resize(step.parts);
    samples_.per_rank.resize(static_cast<std::size_t>(cluster.size()));
    samples_.starts.resize(samples_.per_rank.size());
    constexpr std::int64_t most_reserved = 4096;  // samples; longer runs grow by doubling
    const auto room = static_cast<std::size_t>(std::min(settings.steps, most_reserved));
    for (std::vector<double>& part : samples_.slowest) part.reserve(room);
    for (auto* const times : {&samples_.per_rank, &samples_.starts})
      for (std::vector<double>& rank : *times) rank.reserve(room);
  }

  bool finished() const { return finished_; }
  double seconds() const { return seconds_; }
  double mean() const { return steps_ > 0 ? seconds_ / static_cast<double>(steps_) : 0; }
  bool cut_short() const { return finished_ && samples_.stop_reason == StopReason::interrupted; }
  const std::string& failure() const { return samples_.failure; }
  std::int64_t steps() const { return steps_; }
  void settle() { watch_.settle(); }

  void finish(StopReason reason) {
    finished_ = true;
    samples_.stop_reason = reason;
  }

  /// Its program cannot be run any more.
  void fail(const std::string& why) {
    finish(StopReason::failed);
    samples_.failure = why;
  }

  /// All that comes before a burst and leaves no trace: the lead-in, the burn-in before the first burst, and
  /// a step to make the caches its own where another program ran last. Ends where interrupted.
  void get_ready(std::int64_t burn_in, bool other_ran_last) {
    lead_in();
    if (steps_ == 0 || is_new_) {
      const std::int64_t untimed = steps_ == 0 ? burn_in : steps_of_a_new_program;
      if (untimed > 0) {
        run_untimed(untimed);
        lead_in();
      }
    } else {
      run_untimed(other_ran_last && !step_.lead_in ? 1 : 0);
    }
  }

  /// Its program is another instance from here on.
  void renewed() { is_new_ = true; }

  /// Takes one step that counts, and learns from rank 0 whether it was the last. Rank 0 gets its seconds.
  double run_timed() {
    if (step_.gap) attempt(step_.gap);
    cluster_.barrier();
    attempt([&] { local_[step_.parts] = step_.run(times()); });
    // Interruption and failure travel with the times, so that all ranks end after the same step.
    local_.back() = state();
    const std::vector<double> gathered = cluster_.gather(local_);

    double seconds = 0;
    int decision = go_on;
    if (cluster_.is_root()) {
      const int worst = worst_state(gathered);
      if (worst != failed) seconds = record(gathered);
      decision = decide(worst);
    }
    decision = cluster_.broadcast(decision);
    if (decision == stop_for(StopReason::failed)) {
      fail_together();
      return seconds;
    }
    ++steps_;
    if (decision != go_on) finish(static_cast<StopReason>(decision - 1));
    return seconds;
  }

  /// Up to `count` steps that count, under observation; `told` is called with the seconds of each on rank 0.
  /// True, on every rank, where the next step would notice what was observed.
  template <typename Told>
  bool run_burst(int count, const Told& told) {
    watch_.block_begins();
    if (is_new_ && steps_ > 0 && !finished_) ++samples_.instances;
    is_new_ = false;
    if (cluster_.is_root()) samples_.bursts.push_back(static_cast<std::size_t>(steps_));
    double total = 0;
    int step = 0;
    for (; step < count && !finished_; ++step) {
      const double seconds = run_timed();
      total += seconds;
      if (cluster_.is_root() && failure().empty()) told(seconds);
    }
    seconds_ += total;
    return watch_.block_ended(cluster_, total, step);
  }

  /// All ranks call it together.
  Samples take_samples() {
    samples_.conditions = watch_.over_ranks(cluster_);
    return std::move(samples_);
  }

 private:
  static constexpr int go_on = 0;  // the broadcast decision, else stop_for()
  static constexpr int stop_for(StopReason reason) { return 1 + static_cast<int>(reason); }
  // What has come to a rank, the worst last.
  static constexpr int cut = 1;
  static constexpr int failed = 2;

  /// Takes exactly `count` steps that leave no trace, unless interrupted.
  void run_untimed(std::int64_t count) {
    for (std::int64_t i = 0; i < count && !finished_; ++i) {
      attempt([&] { step_.run(times()); });
      end_if_needed();
    }
  }

  void lead_in() {
    if (!step_.lead_in || finished_) return;
    attempt(step_.lead_in);
    end_if_needed();
  }

  /// Runs a part of the program, unless it has failed before; keeps what it throws.
  template <typename Work>
  void attempt(const Work& work) {
    if (!error_.empty()) return;
    try {
      work();
    } catch (const std::bad_alloc&) {
      error_ = "out of memory while it was timed";
    } catch (const std::exception& error) {
      error_ = std::string("while it was timed: ") + error.what();
    }
  }

  int state() const { return !error_.empty() ? failed : interrupted() ? cut : 0; }

  void end_if_needed() {
    const int worst = cluster_.max(state());
    if (worst == failed) fail_together();
    if (worst == cut) finish(StopReason::interrupted);
  }

  /// Of all ranks: the same failure.
  void fail_together() {
    agree(cluster_, error_.empty(), error_);
    fail(error_);
  }

  std::span<double> times() { return std::span(local_).first(step_.parts); }

  /// Keeps one step of all ranks; `gathered` holds, for each rank, the seconds of the parts, the start and
  /// the state. Returns the step's seconds over all ranks.
  double record(std::span<const double> gathered) {
    for (std::size_t rank = 0; rank < samples_.per_rank.size(); ++rank) {
      const auto own = gathered.subspan(rank * local_.size(), step_.parts);
      samples_.per_rank[rank].push_back(std::accumulate(own.begin(), own.end(), 0.0));
      samples_.starts[rank].push_back(gathered[rank * local_.size() + step_.parts]);
    }
    for (std::size_t part = 0; part < step_.parts; ++part) {
      double longest = gathered[part];
      for (std::size_t i = part; i < gathered.size(); i += local_.size()) {
        longest = std::max(longest, gathered[i]);
      }
      samples_.slowest[part].push_back(longest);
    }
    const double seconds = step_over_ranks(samples_, samples_.per_rank[0].size() - 1).seconds;
    rule_.add(seconds);
    return seconds;
  }

  int worst_state(std::span<const double> gathered) const {
    double worst = 0;
    for (std::size_t i = local_.size() - 1; i < gathered.size(); i += local_.size())
      worst = std::max(worst, gathered[i]);
    return static_cast<int>(worst);
  }

  int decide(int worst) {
    if (worst == failed) return stop_for(StopReason::failed);
    if (worst == cut) return stop_for(StopReason::interrupted);
    const std::optional<StopReason> reason = rule_.decide();
    return reason ? stop_for(*reason) : go_on;
  }

  const TimedStep& step_;
  Cluster& cluster_;
  ConditionsWatch watch_;
  StoppingRule rule_;          // rank 0 only feeds and asks it
  std::vector<double> local_;  // seconds of this rank's parts, its start, and its state()
  std::string error_;          // what this rank's program threw
  Samples samples_;
  std::int64_t steps_ = 0;
  double seconds_ = 0;   // on rank 0
  bool is_new_ = false;  // an instance that has not run yet, but the first
  bool finished_ = false;
};

}  // namespace cnnbench
