#include "harness/measure/make_record.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/measure/condition_flags.h"
#include "harness/measure/over_ranks.h"
#include "harness/measure/rank_flags.h"
#include "harness/measure/sample_flags.h"

namespace cnnbench {
namespace {

constexpr double most_clock_cost = 0.05;        // of a timing; more is flagged
constexpr double most_clock_resolution = 0.10;  // likewise
constexpr double most_unattributed = 0.05;      // of the network's time, either way

/// `clock_reads` is how often the clock was read for one sample.
std::vector<Flag> flags(const RecordContext& context, const Record& record, const Samples& samples,
                        int clock_reads) {
  std::vector<Flag> result = condition_flags(record.conditions, record.ranks * record.threads);
  const Summary& summary = record.summary;
  const double clock_seconds = clock_reads * context.clock.cost_seconds;
  if (clock_seconds > most_clock_cost * summary.median)
    result.push_back(
        {"clock cost",
         fmt::format("reading the clock takes {:.0f} % of this time", 100 * clock_seconds / summary.median),
         clock_seconds / summary.median});
  if (context.clock.resolution_seconds > most_clock_resolution * summary.median)
    result.push_back({"clock resolution",
                      fmt::format("the clock's resolution is {:.0f} % of this time",
                                  100 * context.clock.resolution_seconds / summary.median),
                      context.clock.resolution_seconds / summary.median});
  for (Flag& flag : rank_flags(samples, context.hosts))
    if (context.timing.gap == Gap::none || flag.about != "between steps")  // the user's own gap
      result.push_back(std::move(flag));
  for (Flag& flag : sample_flags(record.samples, summary)) result.push_back(std::move(flag));
  return result;
}

/// "Not as precise as asked for" belongs to whole steps alone: they are what the stopping rule looks at.
void flag_precision(const RecordContext& context, Record& record) {
  if (context.timing.precision <= 0 || record.stop_reason == StopReason::precision) return;
  const Summary& summary = record.summary;
  if (!summary.median_interval) {
    record.flags.push_back({"precision",
                            summary.n < 6 ? "too few steps for an interval of the median"
                                          : "the steps hang together too much for an interval of the median",
                            0});
    return;
  }
  const double half_width =
      (summary.median_interval->high - summary.median_interval->low) / 2 / summary.median;
  if (half_width > context.timing.precision)
    record.flags.push_back({"precision",
                            fmt::format("the median is known to ±{:.1f} % only (asked for: ±{:.1f} %)",
                                        100 * half_width, 100 * context.timing.precision),
                            half_width});
}

Record base_record(const RecordContext& context) {
  Record record;
  record.batch = context.batch;
  record.ranks = context.ranks;
  record.threads = context.threads;
  record.gap = context.timing.gap;
  return record;
}

/// The directions that a pass takes.
std::vector<Direction> directions(Pass pass) {
  if (pass == Pass::forward) return {Direction::forward};
  return {Direction::forward, Direction::backward_data, Direction::backward_weights};
}

void add_ranks(Record& record, const Samples& samples, double resolution_seconds) {
  const std::vector<std::int64_t> slowest = slowest_steps(samples);
  for (std::size_t r = 0; r < slowest.size(); ++r)
    record.per_rank.push_back(
        {static_cast<int>(r), summarize(samples.per_rank[r], resolution_seconds), slowest[r]});
  if (slowest.size() == 1) return;
  record.over_ranks = over_ranks(samples, resolution_seconds);
  record.imbalance = imbalance(samples);
}

template <typename Cost>
std::int64_t sum_over(const Model& model, Pass pass, std::int64_t batch, Cost cost) {
  std::int64_t sum = 0;
  for (const ModelLayer& layer : model.layers)
    for (const Direction direction : directions(pass)) sum += cost(layer, direction, batch);
  return sum;
}

}  // namespace

void describe_layer(Record& record, const ModelLayer& layer) {
  record.layer = layer.name;
  record.kind = kind_name(layer.kind);
  record.output = layer.output;
}

std::optional<Record> whole_step_record(const RecordContext& context, const Model& model,
                                        const std::vector<OperationGroup>& groups, const Samples& samples) {
  if (samples.slowest.empty() || samples.slowest[0].empty()) return {};
  Record record = base_record(context);
  record.flops = step_flops(model, context.pass, context.batch);
  record.bytes = step_bytes(model, context.pass, context.batch);
  record.direct_equivalent = std::any_of(groups.begin(), groups.end(),
                                         [](const OperationGroup& group) { return group.direct_equivalent; });
  record.samples = makespans(samples);
  record.summary = summarize(record.samples, context.clock.resolution_seconds);
  record.conditions = samples.conditions;
  record.stop_reason = samples.stop_reason;
  record.instances = samples.instances;
  add_ranks(record, samples, context.clock.resolution_seconds);
  record.flags = flags(context, record, samples, 1);
  flag_precision(context, record);
  return record;
}

std::optional<Record> layer_record(const RecordContext& context, const Model& model,
                                   const OperationGroup& group, const Samples& samples, std::size_t part) {
  if (samples.slowest.size() <= part || samples.slowest[part].empty()) return {};
  Record record = base_record(context);
  record.direction = group.direction;
  record.implementation = group.implementation;
  record.layout = group.layout;
  record.direct_equivalent = group.direct_equivalent;
  if (group.layer < static_cast<int>(model.layers.size())) {
    const ModelLayer& layer = model.layers[static_cast<std::size_t>(group.layer)];
    describe_layer(record, layer);
    record.flops = flops(layer, group.direction, context.batch);
    record.bytes = bytes(layer, group.direction, context.batch);
  } else {
    record.layer = record.kind = "loss";
    // Forward reads what enters the loss; backward reads it again and writes its gradient.
    const int last = model.loss_layer();
    const Shape& shape = last >= 0 ? model.layers[static_cast<std::size_t>(last)].output : model.input;
    record.bytes = 4 * context.batch * shape.size() * (group.direction == Direction::forward ? 1 : 2);
  }
  record.samples = samples.slowest[part];
  record.summary = summarize(record.samples, context.clock.resolution_seconds);
  record.conditions = samples.conditions;
  record.stop_reason = samples.stop_reason;
  record.instances = samples.instances;
  record.flags = flags(context, record, samples, group.operations);
  return record;
}

StepTimes step_times(const RecordContext& context, const std::string& layer, const Samples& samples) {
  StepTimes times;
  times.layer = layer;
  times.bursts = samples.bursts;
  times.starts = samples.starts;
  times.seconds = samples.per_rank;
  const BurstTime bursts = burst_time(samples);
  times.burst_seconds = bursts.bursts;
  times.step_seconds = bursts.steps;
  times.clock_error_seconds = samples.clock_error_seconds;
  if (samples.per_rank.size() > 1 && !samples.per_rank[0].empty())
    times.over_ranks = over_ranks(samples, context.clock.resolution_seconds);
  return times;
}

std::int64_t step_flops(const Model& model, Pass pass, std::int64_t batch) {
  return sum_over(model, pass, batch, flops);
}

std::int64_t step_bytes(const Model& model, Pass pass, std::int64_t batch) {
  return sum_over(model, pass, batch, bytes);
}

std::vector<double> seconds_of_steps(const Samples& samples) {
  std::vector<double> steps;
  for (const std::vector<double>& rank : samples.per_rank) {
    steps.resize(rank.size());
    for (std::size_t s = 0; s < steps.size(); ++s) steps[s] = std::max(steps[s], rank[s]);
  }
  return steps;
}

bool layers_explain(const Setup& setup) {
  if (!setup.unattributed_share) return true;
  const double share = *setup.unattributed_share;
  const Interval interval = setup.unattributed_interval.value_or(Interval{share, share});
  return interval.low <= most_unattributed && interval.high >= -most_unattributed;
}

}  // namespace cnnbench
