#pragma once

#include <string>
#include <vector>

#include "harness/measure/experiment_run.h"

namespace cnnbench {

/// One thing to be timed: a view of a contestant, or one layer or prefix in it.
struct Participant {
  const Contestant* contestant = nullptr;
  View view = View::network;
  std::string label;  ///< for the observer: "" for the network view, else the layer
  int layer = 0;      ///< of an isolated one
};

/// Times all subjects, in turns, and renews the contestants where they are given and several; one Samples a
/// subject.
std::vector<Samples> time_in_turns(ExperimentRun& run, const std::vector<Participant>& subjects,
                                   std::vector<Contestant>* renewed = nullptr);

/// A Failure for each contestant whose program failed while it was timed: it has no program any more.
void drop_failed(ExperimentRun& run, const std::vector<Participant>& subjects,
                 const std::vector<Samples>& samples, std::vector<Contestant>& contestants);

}  // namespace cnnbench
