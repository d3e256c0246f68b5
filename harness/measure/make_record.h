#pragma once

#include <span>
#include <string>
#include <vector>

#include "harness/backend/backend.h"
#include "harness/measure/clock.h"
#include "harness/measure/measuring_loop.h"
#include "harness/measure/record.h"
#include "harness/measure/timed_program.h"

namespace cnnbench {

/// What all records of an experiment share.
struct RecordContext {
  Pass pass = Pass::forward;
  std::int64_t batch = 1;
  int ranks = 1;
  int threads = 1;
  TimingSettings timing;
  ClockCost clock;
  std::vector<std::string> hosts;  ///< a rank; empty: not known
};

/// A record of whole steps of a program of `model`, which runs these operations. Empty samples (interrupted
/// in the burn-in) make no record.
std::optional<Record> whole_step_record(const RecordContext& context, const Model& model,
                                        const std::vector<OperationGroup>& groups, const Samples& samples);

/// A record of one group of operations, `part` of the samples. `model` is the network that `group.layer`
/// indexes.
std::optional<Record> layer_record(const RecordContext& context, const Model& model,
                                   const OperationGroup& group, const Samples& samples, std::size_t part);

/// Names the layer that a record is of.
void describe_layer(Record& record, const ModelLayer& layer);

/// All times of all ranks' steps. `layer` is that of an isolated or prefix view, else empty.
StepTimes step_times(const RecordContext& context, const std::string& layer, const Samples& samples);

/// FLOPs and bytes of one step of a whole network in a pass.
std::int64_t step_flops(const Model& model, Pass pass, std::int64_t batch);
std::int64_t step_bytes(const Model& model, Pass pass, std::int64_t batch);

/// The seconds of each step, all parts together, on the slowest rank.
std::vector<double> seconds_of_steps(const Samples& samples);

/// Whether the layers' times add up to the network's: false where the unattributed share is surely (by its
/// interval, where it has one) more than 5 % either way.
bool layers_explain(const Setup& setup);

}  // namespace cnnbench
