#include "harness/measure/tuner.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace cnnbench {
namespace {

constexpr int rounds = 2;  // in reverse order: a machine that is slow for a while is then slow for all
constexpr int runs = 2;    // timed, in a round
constexpr double enough_seconds = 2;     // of timed runs in a round
constexpr double hopeless = 1.5;         // of the best time so far: not run again
constexpr double clearly_faster = 0.95;  // of the first candidate's time
constexpr double infinity = std::numeric_limits<double>::infinity();

// What a rank says in a round: a question, or that it has prepared and why that failed.
constexpr char asks = '?';
constexpr char has_prepared = '.';

std::string question(const std::string& key, std::span<const Candidate> candidates) {
  std::string text = asks + key + " among";
  for (const Candidate& candidate : candidates) text += " [" + candidate.name + "]";
  return text;
}

std::string in_words(const std::string& said) {
  if (said[0] == asks) return "chooses for " + said.substr(1);
  return said.size() == 1 ? "has nothing to choose" : "failed: " + said.substr(1);
}

/// Empty where all ranks have prepared, or ask the same; else who differs.
std::string verdict(const std::vector<std::string>& says) {
  const auto prepared = [](const std::string& said) { return said[0] == has_prepared; };
  if (std::all_of(says.begin(), says.end(), prepared)) return "";
  const auto other =
      std::find_if(says.begin(), says.end(), [&](const std::string& said) { return said != says[0]; });
  if (other == says.end()) return "";
  return fmt::format("the ranks cannot choose together: rank 0 {}; rank {} {}", in_words(says[0]),
                     other - says.begin(), in_words(*other));
}

/// Reads as many bytes as the rest of a network has, up to what is more than a core's share of any last-level
/// cache: what the other layers leave in the caches of this one's weights, a layer that runs alone should not
/// find there.
class CacheSweep {
 public:
  explicit CacheSweep(double bytes)
      : data_(static_cast<std::size_t>(std::min(bytes, most_bytes)) / sizeof(std::int64_t), 1) {}
  void operator()() { sum_ = std::accumulate(data_.begin(), data_.end(), std::int64_t{0}); }

 private:
  static constexpr double most_bytes = 128 << 20;
  std::vector<std::int64_t> data_;
  volatile std::int64_t sum_ = 0;
};

/// Least seconds of a few runs after one to warm up, which pays for scratch memory and cold caches; fewer
/// where it has no chance against `best`.
double seconds_of(Clock& clock, const std::function<void()>& run, CacheSweep& sweep, double best) {
  run();
  double least = infinity;
  double all = 0;
  for (int i = 0; i < runs && all < enough_seconds && (i == 0 || least < hopeless * best); ++i) {
    sweep();
    const double start = clock.now();
    run();
    const double seconds = clock.now() - start;
    least = std::min(least, seconds);
    all += seconds;
  }
  return least;
}

std::string message_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& known) {
    return known.what();
  } catch (...) {
    return "an unknown exception";
  }
}

/// The index of the least; 0 unless that is clearly less than the first.
std::size_t chosen_of(const std::vector<double>& seconds) {
  const auto least = std::min_element(seconds.begin(), seconds.end());
  return *least < clearly_faster * seconds[0] ? static_cast<std::size_t>(least - seconds.begin()) : 0;
}

}  // namespace

TimingTuner::TimingTuner(Cluster& cluster, Clock& clock, int threads, const std::vector<Choice>& given)
    : cluster_(cluster), clock_(clock) {
  const std::string counted = cluster.broadcast(std::to_string(threads));
  threads_ = ", " + counted + (counted == "1" ? " thread" : " threads");
  for (const Choice& choice : given) known_[{choice.backend, choice.key}] = {choice.chosen, true};
}

std::string TimingTuner::meet(const std::string& mine) {
  const std::vector<std::string> says = cluster_.gather(mine);
  return cluster_.broadcast(cluster_.is_root() ? verdict(says) : std::string());
}

std::optional<std::vector<double>> TimingTuner::time(std::span<const Candidate> candidates,
                                                     double swept_bytes, std::exception_ptr& first_failed) {
  std::vector<double> seconds(candidates.size(), infinity);
  std::vector<std::size_t> order(candidates.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  CacheSweep sweep(swept_bytes);
  double best = infinity;
  for (int round = 0; round < rounds; ++round) {
    for (const std::size_t i : order) {
      const auto attempt = [&](const auto& work) {
        try {
          work();
        } catch (...) {
          seconds[i] = infinity;
          if (i == 0) first_failed = std::current_exception();
        }
      };
      std::function<void()> run;
      const bool has_a_chance = round == 0 || seconds[i] < hopeless * best;
      if (has_a_chance && !interrupted()) attempt([&] { run = candidates[i].make(); });
      // All ranks run at a time, as in the network.
      if (cluster_.max(interrupted() ? 1 : 0) != 0) return std::nullopt;
      if (run) attempt([&] { seconds[i] = std::min(seconds[i], seconds_of(clock_, run, sweep, best)); });
      best = std::min(best, seconds[i]);
    }
    std::reverse(order.begin(), order.end());
  }
  return seconds;
}

std::size_t TimingTuner::fastest(const std::string& key, std::span<const Candidate> candidates,
                                 double swept_bytes) {
  Choice choice{.backend = backend_, .key = key + threads_};
  for (const Candidate& candidate : candidates)
    choice.candidates.push_back({candidate.name, std::numeric_limits<double>::quiet_NaN()});
  const auto keep = [&](bool given) {
    known_[{choice.backend, choice.key}] = {choice.chosen, given, true};
    choice.given = given;
    new_.push_back(choice);
  };
  // Every rank knows the same.
  if (const auto known = known_.find({choice.backend, choice.key}); known != known_.end()) {
    choice.chosen = known->second.chosen;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (candidates[i].name != choice.chosen) continue;
      if (!known->second.reported) keep(true);
      return i;
    }
    if (known->second.given) choice.gone = choice.chosen;
  }

  const std::string differing = meet(question(choice.key, candidates));
  if (!differing.empty()) throw std::runtime_error(differing);
  std::exception_ptr first_failed;
  const std::optional<std::vector<double>> own = time(candidates, swept_bytes, first_failed);
  if (!own) return 0;
  std::string message = first_failed ? message_of(first_failed) : "";
  if (!agree(cluster_, !first_failed, message)) {
    if (first_failed) std::rethrow_exception(first_failed);
    throw std::runtime_error(message);
  }
  const std::vector<double> all = cluster_.gather(*own);
  std::vector<double> sums(candidates.size());
  for (std::size_t i = 0; i < all.size(); ++i) sums[i % sums.size()] += all[i];
  const int index = cluster_.broadcast(cluster_.is_root() ? static_cast<int>(chosen_of(sums)) : 0);
  const auto chosen = static_cast<std::size_t>(index);
  for (std::size_t i = 0; i < sums.size(); ++i) choice.candidates[i].seconds = sums[i];
  choice.chosen = candidates[chosen].name;
  keep(false);
  return chosen;
}

std::vector<Choice> TimingTuner::finish(const std::string& message) {
  while (!meet(has_prepared + message).empty()) {  // others ask, get an exception, and will be here
  }
  return std::exchange(new_, {});
}

}  // namespace cnnbench
