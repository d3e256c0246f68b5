#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/backend/backend.h"
#include "harness/cluster/cluster.h"
#include "harness/measure/clock.h"
#include "harness/measure/measuring_loop.h"

namespace cnnbench {

/// The operations of one layer in one direction: what one record of the layers view is about.
struct OperationGroup {
  int layer = 0;
  Direction direction = Direction::forward;
  std::string implementation;      ///< of several operations, joined by " + "; repeated ones once
  std::string layout = {};         ///< likewise; empty where the backend says none
  int operations = 1;              ///< how many: so many times the clock is read for them
  bool direct_equivalent = false;  ///< one of them is: see Operation
};

/// A program's operations, or those of one layer, by layer and direction, in the order of their first
/// operation.
std::vector<OperationGroup> group_operations(const Program& program, std::optional<int> layer = {});

/// Whether an operation of the layer is direct-equivalent (see Operation); of any layer, without one.
bool direct_equivalent(const Program& program, std::optional<int> layer = {});

/// A program that runs in another process, and that is timed there.
class TimedElsewhere {
 public:
  virtual ~TimedElsewhere() = default;
  /// As time_whole_step, by a clock of that process on the same machine; the start is one of `clock`.
  virtual TimedStep timed_whole_step(Clock& clock) = 0;
  /// As time_operations or, with a layer, as time_layer; likewise.
  virtual TimedStep timed_operations(std::optional<int> layer, Clock& clock) = 0;
  /// As flush_caches, by that process's pool.
  virtual void flush_caches(int threads) = 0;
};

/// The groups of all ranks' programs, the same on every rank: those of rank 0 in their order, then what only
/// others have, since unlike CPUs may need other reorders. Implementations and layouts that differ are joined
/// by " or ". Collective.
std::vector<OperationGroup> groups_over_ranks(Cluster& cluster, const Program& program);

/// Of these groups, those of one layer.
std::vector<OperationGroup> groups_of(const std::vector<OperationGroup>& groups, int layer);

/// A step whose parts are `own` groups, as one whose parts are `all`: what it does not have takes 0 s.
TimedStep with_parts(TimedStep step, const std::vector<OperationGroup>& own,
                     const std::vector<OperationGroup>& all);

/// The network view: one clock pair round the whole step.
TimedStep time_whole_step(Program& program, Clock& clock);

/// The layers view: the clock is read between operations; the parts are those of group_operations, in its
/// order.
TimedStep time_operations(Program& program, Clock& clock);

/// The isolated view: the operations that a layer has in the program, and no others, in their order; the
/// clock is read between them. The parts are those of group_operations for the layer. Its lead-in runs the
/// step's beginning up to the layer's last operation, so that the tensors are those of a step, and the caches
/// are hot.
TimedStep time_layer(Program& program, Clock& clock, int layer);

}  // namespace cnnbench
