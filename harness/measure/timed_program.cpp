#include "harness/measure/timed_program.h"

#include <algorithm>
#include <set>

namespace cnnbench {
namespace {

bool belongs(const OperationGroup& group, const Operation& operation) {
  return group.layer == operation.layer && group.direction == operation.direction;
}

}  // namespace

std::vector<OperationGroup> group_operations(const Program& program) {
  std::vector<OperationGroup> groups;
  std::vector<std::set<std::string>> named;  // a group
  for (const Operation& operation : program.operations()) {
    const auto group = std::find_if(groups.begin(), groups.end(), [&](const OperationGroup& candidate) {
      return belongs(candidate, operation);
    });
    if (group == groups.end()) {
      groups.push_back(
          {operation.layer, operation.direction, operation.implementation, 1, operation.direct_equivalent()});
      named.push_back({operation.implementation});
      continue;
    }
    ++group->operations;
    group->direct_equivalent = group->direct_equivalent || operation.direct_equivalent();
    if (named[static_cast<std::size_t>(group - groups.begin())].insert(operation.implementation).second)
      group->implementation += " + " + operation.implementation;
  }
  return groups;
}

bool direct_equivalent(const Program& program, std::optional<int> layer) {
  const std::vector<Operation>& operations = program.operations();
  return std::any_of(operations.begin(), operations.end(), [&](const Operation& operation) {
    return operation.direct_equivalent() && layer.value_or(operation.layer) == operation.layer;
  });
}

TimedStep time_whole_step(Program& program, Clock& clock) {
  if (auto* const elsewhere = dynamic_cast<TimedElsewhere*>(&program))
    return elsewhere->timed_step(true, clock);
  return {1, [&program, &clock](std::span<double> seconds) {
            const double start = clock.now();
            program.step();
            seconds[0] = clock.now() - start;
            return clock.on_rank_0(start);
          }};
}

TimedStep time_operations(Program& program, Clock& clock) {
  if (auto* const elsewhere = dynamic_cast<TimedElsewhere*>(&program))
    return elsewhere->timed_step(false, clock);
  const std::vector<OperationGroup> groups = group_operations(program);
  std::vector<std::size_t> part_of;  // operation → part
  for (const Operation& operation : program.operations())
    part_of.push_back(static_cast<std::size_t>(
        std::find_if(groups.begin(), groups.end(),
                     [&](const OperationGroup& group) { return belongs(group, operation); }) -
        groups.begin()));
  return {groups.size(), [&program, &clock, part_of](std::span<double> seconds) {
            std::fill(seconds.begin(), seconds.end(), 0.0);
            const double start = clock.now();
            double before = start;
            for (std::size_t i = 0; i < part_of.size(); ++i) {
              program.run(i);
              const double now = clock.now();
              seconds[part_of[i]] += now - before;
              before = now;
            }
            return clock.on_rank_0(start);
          }};
}

}  // namespace cnnbench
