#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/backend/tuner.h"

namespace cnnbench {

/// Takes the first candidate that is preferred, and runs none unless it is told to.
class ScriptedTuner final : public Tuner {
 public:
  struct Question {
    std::string key;
    std::vector<std::string> names;
    bool operator==(const Question&) const = default;
  };

  std::function<bool(const std::string& key, const std::string& name)> prefer =
      [](const std::string&, const std::string&) { return false; };
  bool runs_all = false;  ///< of each question, twice
  std::vector<Question> questions;
  std::vector<std::string> failed;  ///< what candidates threw that were run

  std::size_t fastest(const std::string& key, std::span<const Candidate> candidates, double) override {
    questions.push_back({key, {}});
    std::size_t chosen = candidates.size();
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      questions.back().names.push_back(candidates[i].name);
      if (runs_all) run(candidates[i]);
      if (chosen == candidates.size() && prefer(key, candidates[i].name)) chosen = i;
    }
    return chosen % candidates.size();
  }

 private:
  void run(const Candidate& candidate) {
    try {
      const std::function<void()> once = candidate.make();
      once();
      once();
    } catch (const std::exception& error) {
      failed.push_back(candidate.name + ": " + error.what());
    }
  }
};

}  // namespace cnnbench
