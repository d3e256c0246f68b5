#pragma once

#include <cstddef>
#include <exception>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "harness/backend/tuner.h"
#include "harness/cluster/cluster.h"
#include "harness/measure/clock.h"
#include "harness/measure/record.h"

namespace cnnbench {

/// Times candidates on all ranks at a time, and adds the ranks' times up, so that all ranks choose alike.
///
/// Ranks may get out of step: preparing may fail on one of them, or one may have other candidates. So every
/// question begins with a round in which each rank says what it is at: it asks, or it has prepared. The
/// candidates are timed where all ranks ask the same; where they do not, those that ask get an exception. A
/// rank that has prepared takes part in the rounds until all have.
class TimingTuner final : public Tuner {
 public:
  /// `threads` of rank 0 are a part of every key. `given` are choices to be taken over without timing; of
  /// several with one key the last counts. Collective.
  TimingTuner(Cluster& cluster, Clock& clock, int threads, const std::vector<Choice>& given = {});

  /// What is asked from here on is asked by this backend.
  void begin(const std::string& backend) { backend_ = backend; }

  /// See Tuner. An interruption ends it soon: the first candidate is taken then, and nothing is kept.
  std::size_t fastest(const std::string& key, std::span<const Candidate> candidates,
                      double swept_bytes) override;

  /// This rank has prepared its program, or failed with `message`; to be called after each begin(). Returns,
  /// on every rank, when all ranks have. The choices that are new since the last time; on rank 0.
  std::vector<Choice> finish(const std::string& message);

 private:
  /// What was chosen for a key.
  struct Known {
    std::string chosen;
    bool given = false;     ///< not timed
    bool reported = false;  ///< as a Choice
  };

  /// A round, in which this rank says this. Empty where all ranks have prepared or ask the same, else who
  /// differs; the same on every rank.
  std::string meet(const std::string& mine);
  /// Seconds of the candidates on this rank, infinite for those that failed; nothing, on every rank, where
  /// that was interrupted.
  std::optional<std::vector<double>> time(std::span<const Candidate> candidates, double swept_bytes,
                                          std::exception_ptr& first_failed);

  Cluster& cluster_;
  Clock& clock_;
  std::string threads_;
  std::string backend_;
  std::map<std::pair<std::string, std::string>, Known> known_;  ///< by backend and key
  std::vector<Choice> new_;
};

}  // namespace cnnbench
