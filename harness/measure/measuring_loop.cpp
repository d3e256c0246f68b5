#include "harness/measure/measuring_loop.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <optional>
#include <utility>

#include "harness/machine/running_threads.h"
#include "harness/measure/over_ranks.h"
#include "harness/measure/turns.h"

namespace cnnbench {

namespace {

constexpr int burst = Turns::burst;
constexpr int burst_alone = 10;                     // where there is no other
constexpr std::int64_t most_reserved = 4096;        // samples; longer runs grow by doubling
constexpr std::int64_t steps_of_a_new_program = 2;  // untimed: the first touches memory of the library's own
constexpr int go_on = 0;                            // the broadcast decision, else 1 + StopReason

/// One TimedStep while it is being measured. Every rank makes the same calls in the same order.
class Subject {
 public:
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
    const auto room = static_cast<std::size_t>(std::min(settings.steps, most_reserved));
    for (std::vector<double>& part : samples_.slowest) part.reserve(room);
    for (auto* const times : {&samples_.per_rank, &samples_.starts})
      for (std::vector<double>& rank : *times) rank.reserve(room);
  }

  bool finished() const { return finished_; }
  double seconds() const { return seconds_; }
  double mean() const { return steps_ > 0 ? seconds_ / static_cast<double>(steps_) : 0; }
  bool cut_short() const { return finished_ && samples_.stop_reason == StopReason::interrupted; }
  std::int64_t steps() const { return steps_; }
  void settle() { watch_.settle(); }

  void finish(StopReason reason) {
    finished_ = true;
    samples_.stop_reason = reason;
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
    if (step_.gap) step_.gap();
    cluster_.barrier();
    local_[step_.parts] = step_.run(times());
    // The interruption travels with the times, so that all ranks end after the same step.
    local_.back() = interrupted() ? 1 : 0;
    const std::vector<double> gathered = cluster_.gather(local_);
    ++steps_;

    double seconds = 0;
    int decision = go_on;
    if (cluster_.is_root()) {
      seconds = record(gathered);
      decision = decide(gathered);
    }
    decision = cluster_.broadcast(decision);
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
      if (cluster_.is_root()) told(seconds);
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
  /// Takes exactly `count` steps that leave no trace, unless interrupted.
  void run_untimed(std::int64_t count) {
    for (std::int64_t i = 0; i < count && !finished_; ++i) {
      step_.run(times());
      end_if_interrupted();
    }
  }

  void lead_in() {
    if (!step_.lead_in || finished_) return;
    step_.lead_in();
    end_if_interrupted();
  }

  void end_if_interrupted() {
    if (cluster_.max(interrupted() ? 1 : 0) != 0) finish(StopReason::interrupted);
  }

  std::span<double> times() { return std::span(local_).first(step_.parts); }

  /// Keeps one step of all ranks; `gathered` holds, for each rank, the seconds of the parts, the start and
  /// the interruption. Returns the step's seconds over all ranks.
  double record(std::span<const double> gathered) {
    for (std::size_t rank = 0; rank < samples_.per_rank.size(); ++rank) {
      const auto parts = gathered.subspan(rank * local_.size(), step_.parts);
      samples_.per_rank[rank].push_back(std::accumulate(parts.begin(), parts.end(), 0.0));
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

  int decide(std::span<const double> gathered) {
    std::optional<StopReason> reason = rule_.decide();
    for (std::size_t i = local_.size() - 1; i < gathered.size(); i += local_.size()) {
      if (gathered[i] != 0) reason = StopReason::interrupted;
    }
    return reason ? 1 + static_cast<int>(*reason) : go_on;
  }

  const TimedStep& step_;
  Cluster& cluster_;
  ConditionsWatch watch_;
  StoppingRule rule_;          // rank 0 only feeds and asks it
  std::vector<double> local_;  // seconds of this rank's parts, its start, and 1 where it was interrupted
  Samples samples_;
  std::int64_t steps_ = 0;
  double seconds_ = 0;   // on rank 0
  bool is_new_ = false;  // an instance that has not run yet, but the first
  bool finished_ = false;
};

/// When the programs are made anew, or moved.
class Renewals {
 public:
  Renewals(const Renewal& renewal, const TimingSettings& settings, int burst_length, Cluster& cluster)
      : renewal_(renewal), cluster_(cluster) {
    rounds_ = (settings.steps + burst_length - 1) / burst_length;
    instances_ = std::min<std::int64_t>(rounds_, most_instances);
    if (rounds_ < 2) return;
    if (renewal.renew) ways_.push_back({Way::anew, renewal.seconds, 0.25});
    // How long it takes to move is not known before. Where making anew is quick it does not come to that.
    if (renewal.move &&
        cluster.broadcast(!renewal.renew || all_of(renewal.seconds) > short_seconds ? 1 : 0) != 0) {
      const auto start = std::chrono::steady_clock::now();
      if (renewal.move())
        ways_.push_back({Way::moved,
                         std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
                         0.75});
    }
  }

  /// Asked before every round, on all ranks.
  bool due(std::int64_t round, const std::vector<Subject>& subjects) {
    if (ways_.empty() || round == 0 || instance_of(round) == instance_of(round - 1)) return false;
    if (!decided_) {
      while (!ways_.empty() && cluster_.broadcast(worth_it(ways_.front(), subjects) ? 1 : 0) == 0)
        ways_.erase(ways_.begin());
      decided_ = true;
    }
    return !ways_.empty();
  }

  /// Does what is due. A reason to stop: see Renewal.
  std::optional<StopReason> renew() {
    if (ways_.front().way == Way::anew) return renewal_.renew();
    renewal_.move();
    return std::nullopt;
  }

 private:
  enum class Way { anew, moved };

  /// One of them, the preferred first.
  struct Costs {
    Way way;
    double seconds;        ///< that it takes once; on rank 0
    double largest_share;  ///< of the time that is measured, that it may take
  };
  static constexpr double short_seconds = 2;  ///< for all times together they do not matter

  double all_of(double once) const { return static_cast<double>(instances_ - 1) * once; }

  /// The instances are as long as the batches of a ratio: see batch_means().
  std::int64_t instance_of(std::int64_t round) const { return ((round + 1) * instances_ - 1) / rounds_; }

  /// As rank 0 sees it after the first instance.
  bool worth_it(const Costs& costs, const std::vector<Subject>& subjects) const {
    double once = costs.seconds;
    double measured = 0;
    for (const Subject& subject : subjects) {
      once += (steps_of_a_new_program - 1) * subject.mean();  // one comes where another program ran, too
      measured += subject.seconds();
    }
    return all_of(once) <= short_seconds || once <= costs.largest_share * measured;
  }

  const Renewal& renewal_;
  Cluster& cluster_;
  std::vector<Costs> ways_;
  bool decided_ = false;
  std::int64_t rounds_ = 1;
  std::int64_t instances_ = 1;
};

/// The processes that the subjects run in, this one among them.
std::vector<int> processes_of(const std::vector<TimedStep>& steps) {
  std::vector<int> processes{this_process()};
  for (const TimedStep& step : steps)
    if (step.process != 0 && std::find(processes.begin(), processes.end(), step.process) == processes.end())
      processes.push_back(step.process);
  return processes;
}

/// A program's number, the same for all subjects of it.
std::vector<std::size_t> programs_of(const std::vector<TimedStep>& steps) {
  std::vector<std::size_t> programs;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    programs.push_back(i);
    for (std::size_t j = 0; j < i && steps[i].program != nullptr; ++j)
      if (steps[j].program == steps[i].program) programs[i] = programs[j];
  }
  return programs;
}

}  // namespace

std::vector<Samples> measure(const std::vector<TimedStep>& timed_steps, const TimingSettings& settings,
                             Cluster& cluster, const Progress& progress, ConditionsProbe* probe,
                             const Renewal& renewal) {
  const std::vector<int> processes = processes_of(timed_steps);
  std::vector<Subject> subjects;
  subjects.reserve(timed_steps.size());
  for (const TimedStep& step : timed_steps) subjects.emplace_back(step, settings, cluster, probe, processes);

  const std::vector<std::size_t> programs = programs_of(timed_steps);
  const bool one_program =
      std::all_of(programs.begin(), programs.end(), [](std::size_t p) { return p == 0; });
  std::size_t open = subjects.size();
  std::size_t latest = subjects.size();  // what the caches hold; at first, and after canaries, no subject's
  bool interruption = false;
  Turns turns(subjects.size(), settings.seed);
  const int length = subjects.size() > 1 ? burst : burst_alone;
  Renewals renewals(renewal, settings, length, cluster);
  for (std::int64_t round = 0; open > 0 && !interruption; ++round) {
    if (renewals.due(round, subjects)) {
      const std::optional<StopReason> stop = renewals.renew();
      latest = subjects.size();
      for (Subject& subject : subjects) {
        if (subject.finished()) continue;
        if (stop)
          subject.finish(*stop);
        else
          subject.renewed();
      }
      if (stop) break;
    }
    for (const std::size_t i : turns.next_round()) {
      Subject& subject = subjects[i];
      if (subject.finished()) continue;
      const bool other_ran_last = latest == subjects.size() || programs[latest] != programs[i];
      if (other_ran_last && !one_program) subject.settle();
      subject.get_ready(settings.burn_in, other_ran_last);
      const bool disturbed = subject.run_burst(length, [&](double seconds) {
        if (progress) progress(i, subject.steps(), settings.steps, seconds);
      });
      latest = disturbed ? subjects.size() : i;
      if (subject.finished()) --open;
      interruption = subject.cut_short();
      if (interruption) break;
    }
  }

  std::vector<Samples> samples;
  samples.reserve(subjects.size());
  for (Subject& subject : subjects) {
    if (!subject.finished()) subject.finish(StopReason::interrupted);
    samples.push_back(subject.take_samples());
  }
  return samples;
}

}  // namespace cnnbench
