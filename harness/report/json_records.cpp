#include "harness/report/json_records.h"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "harness/report/format.h"
#include "harness/report/layer_times.h"

namespace cnnbench {
namespace {

using Json = nlohmann::ordered_json;

/// "vgg16/forward/onednn/layers/conv1_1/forward"; a whole step has no direction in its name.
std::string benchmark_name(const ReportedBackend& of, View view, const Record& record) {
  std::string name =
      fmt::format("{}/{}/{}/{}", of.model.name, to_string(of.pass), of.backend.name, to_string(view));
  if (!record.layer.empty()) name += "/" + record.layer;
  if (record.direction) name += "/" + direction_name(record);
  return name;
}

/// compare.py pairs runs by name, so that a repeated one gets a number.
std::string unique(const std::string& name, std::set<std::string>& taken) {
  std::string candidate = name;
  for (int i = 2; !taken.insert(candidate).second; ++i) candidate = name + "#" + std::to_string(i);
  return candidate;
}

/// One row of Google Benchmark's. It wants a CPU time too; none is measured, so the real time stands for it:
/// the calls that are timed keep their threads busy and block until they are done.
Json benchmark_row(const Record& record, const std::string& name, std::size_t index) {
  const Json nanoseconds = number_or_null(record.summary.mean * 1e9);
  Json row = {{"name", name},
              {"family_index", index},
              {"per_family_instance_index", 0},
              {"run_name", name},
              {"run_type", "iteration"},
              {"repetitions", 1},
              {"repetition_index", 0},
              {"threads", record.threads},
              {"iterations", record.summary.n},
              {"real_time", nanoseconds},
              {"cpu_time", nanoseconds},
              {"time_unit", "ns"}};
  if (!record.implementation.empty()) row["label"] = record.implementation;
  return row;
}

Json summary_json(const Summary& summary) {
  return {{"n", summary.n},
          {"mean", number_or_null(summary.mean)},
          {"sd", number_or_null(summary.sd)},
          {"median", number_or_null(summary.median)},
          {"median_interval", interval_json(summary.median_interval)},
          {"min", number_or_null(summary.min)},
          {"max", number_or_null(summary.max)},
          {"lower_quartile", number_or_null(summary.lower_quartile)},
          {"upper_quartile", number_or_null(summary.upper_quartile)},
          {"p95", number_or_null(summary.p95)},
          {"p99", number_or_null(summary.p99)},
          {"mad", number_or_null(summary.mad)},
          {"outliers", summary.outliers},
          {"total", number_or_null(summary.total)}};
}

Json rank_json(const RankSummary& rank) {
  return {
      {"rank", rank.rank}, {"slowest_steps", rank.slowest_steps}, {"summary", summary_json(rank.summary)}};
}

Json conditions_json(const Conditions& conditions) {
  const auto switches = conditions.involuntary_switches;
  return {{"seconds", number_or_null(conditions.seconds)},
          {"involuntary_switches", switches ? Json(*switches) : Json()},
          {"throttled_seconds", number_or_null(conditions.throttled_seconds)},
          {"slowdown", number_or_null(conditions.slowdown)},
          {"cache_slowdown", number_or_null(conditions.cache_slowdown)},
          {"memory_slowdown", number_or_null(conditions.memory_slowdown)},
          {"canaries", canaries_json(conditions.canaries)},
          {"steal_share", number_or_null(conditions.steal_share)},
          {"other_load", number_or_null(conditions.other_load)},
          {"settle_seconds", conditions.settle_seconds},
          {"unsettled_blocks", conditions.unsettled_blocks}};
}

Json record_json(const ReportedBackend& of, View view, const Record& record) {
  return {
      {"model", of.model.name},
      {"pass", to_string(of.pass)},
      {"backend", of.backend.name},
      {"view", to_string(view)},
      {"layer", record.layer},
      {"kind", record.kind},
      {"output", output_name(record)},
      {"direction", direction_name(record)},
      {"implementation", record.implementation},
      {"layout", record.layout.empty() ? Json() : Json(record.layout)},
      {"batch", record.batch},
      {"ranks", record.ranks},
      {"threads", record.threads},
      {"gap", to_string(record.gap)},
      {"flops", record.flops},
      {"bytes", record.bytes},
      {"gflops_per_second", number_or_null(gflops_per_second(record.flops, seconds_a_step(record.summary)))},
      {"direct_equivalent", record.direct_equivalent},
      {"l2_error", number_or_null(l2_error(of.backend, view, record))},
      {"summary", summary_json(record.summary)},
      {"samples", list_of(record.samples, [](double seconds) { return number_or_null(seconds); })},
      {"per_rank", list_of(record.per_rank, rank_json)},
      {"imbalance", number_or_null(record.imbalance)},
      {"stop_reason", to_string(record.stop_reason)},
      {"instances", record.instances},
      {"conditions", conditions_json(record.conditions)},
      {"flags", list_of(record.flags, [](const Flag& flag) { return flag.text; })}};
}

/// Times to the nanosecond, which is what the clock counts in.
Json nanosecond_list(const std::vector<double>& seconds) {
  return list_of(seconds, [](double value) { return number_or_null(std::round(value * 1e9) / 1e9); });
}

Json over_ranks_json(const std::optional<OverRanks>& parts) {
  if (!parts) return nullptr;
  return {{"seconds", summary_json(parts->seconds)},
          {"longest", summary_json(parts->longest)},
          {"start_skew", summary_json(parts->start_skew)},
          {"waiting", summary_json(parts->waiting)}};
}

Json steps_of_view(const ReportedBackend& of, View view, const StepTimes& steps) {
  Json ranks = Json::array();
  for (std::size_t rank = 0; rank < steps.seconds.size(); ++rank)
    ranks.push_back({{"rank", rank},
                     {"start_seconds", nanosecond_list(steps.starts[rank])},
                     {"seconds", nanosecond_list(steps.seconds[rank])}});
  return {{"model", of.model.name},
          {"pass", to_string(of.pass)},
          {"backend", of.backend.name},
          {"view", to_string(view)},
          {"layer", steps.layer},
          {"bursts", steps.bursts},
          {"burst_seconds", number_or_null(steps.burst_seconds)},
          {"step_seconds", number_or_null(steps.step_seconds)},
          {"clock_error_seconds", number_or_null(steps.clock_error_seconds)},
          {"over_ranks", over_ranks_json(steps.over_ranks)},
          {"ranks", std::move(ranks)}};
}

}  // namespace

Json interval_json(const std::optional<Interval>& interval) {
  if (!interval) return nullptr;
  return {{"low", number_or_null(interval->low)}, {"high", number_or_null(interval->high)}};
}

Json canaries_json(const std::vector<CanaryTimes>& ranks) {
  Json canaries = Json::object();
  for (const Part part : parts)
    canaries[std::string(to_string(part)) + "_seconds"] =
        list_of(ranks, [&](const CanaryTimes& times) { return number_or_null(times[part]); });
  return canaries;
}

Json benchmark_rows(const Report& report) {
  Json rows = Json::array();
  std::set<std::string> taken;
  for_each_record(report, [&](const ReportedBackend& of, View view, const Record& record) {
    rows.push_back(benchmark_row(record, unique(benchmark_name(of, view, record), taken), rows.size()));
  });
  return rows;
}

Json records_json(const Report& report) {
  Json records = Json::array();
  for_each_record(report, [&](const ReportedBackend& of, View view, const Record& record) {
    records.push_back(record_json(of, view, record));
  });
  return records;
}

Json steps_json(const Report& report) {
  Json all = Json::array();
  for (const ReportedBackend& of : all_backends(report))
    for (const auto& [view, found] : of.backend.views)
      for (const StepTimes& steps : found.steps) all.push_back(steps_of_view(of, view, steps));
  return all;
}

}  // namespace cnnbench
