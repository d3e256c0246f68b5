#include "harness/measure/timed_program.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace cnnbench {
namespace {

using Json = nlohmann::json;

Json to_json(const OperationGroup& group) {
  return Json::array({group.layer, static_cast<int>(group.direction), group.implementation, group.layout,
                      group.operations, group.direct_equivalent});
}

OperationGroup from_json(const Json& json) {
  return {json[0].get<int>(),         static_cast<Direction>(json[1].get<int>()),
          json[2].get<std::string>(), json[3].get<std::string>(),
          json[4].get<int>(),         json[5].get<bool>()};
}

/// The group of the same layer and direction, or the end.
template <typename Groups>
auto find_group(Groups& groups, const OperationGroup& wanted) {
  return std::find_if(groups.begin(), groups.end(), [&](const OperationGroup& group) {
    return group.layer == wanted.layer && group.direction == wanted.direction;
  });
}

bool belongs(const OperationGroup& group, const Operation& operation) {
  return group.layer == operation.layer && group.direction == operation.direction;
}

bool is_of(const Operation& operation, std::optional<int> layer) {
  return layer.value_or(operation.layer) == operation.layer;
}

/// Adds a name to those that are joined, unless it is empty or there already.
void join_once(std::string& joined, std::set<std::string>& known, const std::string& name) {
  if (!name.empty() && known.insert(name).second) joined += (joined.empty() ? "" : " + ") + name;
}

/// An operation and the group that its time goes to.
struct Part {
  std::size_t operation = 0;
  std::size_t group = 0;
};

/// The operations of a layer, or all, in the order of the step.
std::vector<Part> parts_of(const Program& program, const std::vector<OperationGroup>& groups,
                           std::optional<int> layer) {
  std::vector<Part> parts;
  const std::vector<Operation>& operations = program.operations();
  for (std::size_t i = 0; i < operations.size(); ++i) {
    if (!is_of(operations[i], layer)) continue;
    const auto group = std::find_if(groups.begin(), groups.end(), [&](const OperationGroup& candidate) {
      return belongs(candidate, operations[i]);
    });
    parts.push_back({i, static_cast<std::size_t>(group - groups.begin())});
  }
  return parts;
}

TimedStep time_parts(Program& program, Clock& clock, std::optional<int> layer) {
  const std::vector<OperationGroup> groups = group_operations(program, layer);
  TimedStep step;
  step.parts = groups.size();
  step.program = &program;
  step.run = [&program, &clock, parts = parts_of(program, groups, layer)](std::span<double> seconds) {
    std::fill(seconds.begin(), seconds.end(), 0.0);
    const double start = clock.now();
    double before = start;
    for (const Part& part : parts) {
      program.run(part.operation);
      const double now = clock.now();
      seconds[part.group] += now - before;
      before = now;
    }
    return clock.on_rank_0(start);
  };
  return step;
}

}  // namespace

std::vector<OperationGroup> group_operations(const Program& program, std::optional<int> layer) {
  std::vector<OperationGroup> groups;
  struct Names {
    std::set<std::string> implementations;
    std::set<std::string> layouts;
  };
  std::vector<Names> named;  // a group
  for (const Operation& operation : program.operations()) {
    if (!is_of(operation, layer)) continue;
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const OperationGroup& candidate) { return belongs(candidate, operation); });
    if (group == groups.end()) {
      groups.push_back({operation.layer, operation.direction, "", "", 0, false});
      named.emplace_back();
      group = groups.end() - 1;
    }
    Names& names = named[static_cast<std::size_t>(group - groups.begin())];
    ++group->operations;
    group->direct_equivalent = group->direct_equivalent || operation.direct_equivalent();
    join_once(group->implementation, names.implementations, operation.implementation);
    join_once(group->layout, names.layouts, operation.layout);
  }
  return groups;
}

std::vector<OperationGroup> groups_over_ranks(Cluster& cluster, const Program& program) {
  Json mine = Json::array();
  for (const OperationGroup& group : group_operations(program)) mine.push_back(to_json(group));
  std::vector<OperationGroup> all;
  const auto join_other = [](std::string& words, const std::string& other) {
    if (words != other) words += (words.empty() || other.empty() ? "" : " or ") + other;
  };
  for (const std::string& text : cluster.gather(mine.dump()))
    for (const Json& one : Json::parse(text)) {
      const OperationGroup group = from_json(one);
      const auto known = find_group(all, group);
      if (known == all.end()) {
        all.push_back(group);
        continue;
      }
      join_other(known->implementation, group.implementation);
      join_other(known->layout, group.layout);
      known->operations = std::max(known->operations, group.operations);
      known->direct_equivalent = known->direct_equivalent || group.direct_equivalent;
    }
  Json shared = Json::array();
  for (const OperationGroup& group : all) shared.push_back(to_json(group));
  all.clear();
  for (const Json& one : Json::parse(cluster.broadcast(shared.dump()))) all.push_back(from_json(one));
  return all;
}

std::vector<OperationGroup> groups_of(const std::vector<OperationGroup>& groups, int layer) {
  std::vector<OperationGroup> found;
  for (const OperationGroup& group : groups)
    if (group.layer == layer) found.push_back(group);
  return found;
}

TimedStep with_parts(TimedStep step, const std::vector<OperationGroup>& own,
                     const std::vector<OperationGroup>& all) {
  std::vector<std::size_t> places;
  for (const OperationGroup& group : own)
    places.push_back(static_cast<std::size_t>(find_group(all, group) - all.begin()));
  if (own.size() == all.size() && std::is_sorted(places.begin(), places.end())) return step;
  step.parts = all.size();
  step.run = [run = step.run, places,
              times = std::vector<double>(own.size())](std::span<double> seconds) mutable {
    const double start = run(times);
    std::fill(seconds.begin(), seconds.end(), 0.0);
    for (std::size_t i = 0; i < places.size(); ++i) seconds[places[i]] = times[i];
    return start;
  };
  return step;
}

bool direct_equivalent(const Program& program, std::optional<int> layer) {
  const std::vector<Operation>& operations = program.operations();
  return std::any_of(operations.begin(), operations.end(), [&](const Operation& operation) {
    return operation.direct_equivalent() && is_of(operation, layer);
  });
}

TimedStep time_whole_step(Program& program, Clock& clock) {
  if (auto* const elsewhere = dynamic_cast<TimedElsewhere*>(&program))
    return elsewhere->timed_whole_step(clock);
  TimedStep step;
  step.program = &program;
  step.run = [&program, &clock](std::span<double> seconds) {
    const double start = clock.now();
    program.step();
    seconds[0] = clock.now() - start;
    return clock.on_rank_0(start);
  };
  return step;
}

TimedStep time_operations(Program& program, Clock& clock) {
  if (auto* const elsewhere = dynamic_cast<TimedElsewhere*>(&program))
    return elsewhere->timed_operations({}, clock);
  return time_parts(program, clock, {});
}

TimedStep time_layer(Program& program, Clock& clock, int layer) {
  if (auto* const elsewhere = dynamic_cast<TimedElsewhere*>(&program))
    return elsewhere->timed_operations(layer, clock);
  TimedStep step = time_parts(program, clock, layer);
  const std::vector<Operation>& operations = program.operations();
  std::size_t end = 0;
  for (std::size_t i = 0; i < operations.size(); ++i)
    if (operations[i].layer == layer) end = i + 1;
  step.lead_in = [&program, end] {
    for (std::size_t i = 0; i < end; ++i) program.run(i);
  };
  return step;
}

}  // namespace cnnbench
