#include <fmt/format.h>

#include <algorithm>

#include "harness/measure/experiment_run.h"
#include "harness/measure/timed_program.h"

namespace cnnbench {
namespace {

/// What a program runs, in the order of a step.
std::string operations_of(const Program& program) {
  std::string all;
  for (const Operation& operation : program.operations())
    all +=
        fmt::format("{} {} {};", operation.layer, to_string(operation.direction), operation.implementation);
  return all;
}

}  // namespace

double preparing_seconds(const std::vector<Contestant>& contestants) {
  double seconds = 0;
  for (const Contestant& contestant : contestants) seconds += contestant.report->setup->prepare_seconds;
  return seconds;
}

bool renewable(const std::vector<Contestant>& contestants) {
  return contestants.size() > 1 &&
         std::all_of(contestants.begin(), contestants.end(), [](const Contestant& contestant) {
           return dynamic_cast<const TimedElsewhere*>(contestant.program.get()) == nullptr;
         });
}

bool move_memory(ExperimentRun& run, const std::vector<Contestant>& contestants) {
  bool moved = true;
  for (const Contestant& contestant : contestants) moved = contestant.program->move_memory() && moved;
  return run.cluster.max(moved ? 0 : 1) == 0;
}

std::optional<StopReason> renew(ExperimentRun& run, std::vector<Contestant>& contestants, bool reverse) {
  std::vector<std::string> before;
  for (Contestant& contestant : contestants) {
    before.push_back(operations_of(*contestant.program));
    contestant.program.reset();
  }
  for (std::size_t i = 0; i < contestants.size(); ++i) {
    if (run.cluster.max(interrupted() ? 1 : 0) != 0) return StopReason::interrupted;
    const std::size_t index = reverse ? contestants.size() - 1 - i : i;
    Contestant& contestant = contestants[index];
    std::string message;
    contestant.program = try_to_prepare(run, *contestant.backend, run.model, nullptr, message);
    if (contestant.program) {
      const bool same = operations_of(*contestant.program) == before[index];
      message = same ? "" : "it has other operations";
      if (!agree(run.cluster, same, message)) contestant.program.reset();
    }
    if (contestant.program) continue;
    run.fail(*contestant.backend, "", Failure::Reason::error,
             "its program could not be made anew: " + message);
    return StopReason::failed;
  }
  return std::nullopt;
}

}  // namespace cnnbench
