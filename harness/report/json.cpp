#include <algorithm>
#include <cmath>
#include <set>

#include "harness/report/environment.h"
#include "harness/report/format.h"
#include "harness/report/layer_times.h"
#include "harness/report/report.h"

namespace cnnbench {
namespace {

using Json = nlohmann::ordered_json;

template <typename T, typename Convert>
Json list_of(const std::vector<T>& items, Convert convert) {
  Json list = Json::array();
  for (const T& item : items) list.push_back(convert(item));
  return list;
}

/// "vgg16/forward/onednn/layers/conv1_1/forward"; a whole step has no direction in its name.
std::string benchmark_name(const Record& record) {
  std::string name = record.model + "/" + record.pass + "/" + record.backend + "/" + record.view;
  if (!record.layer.empty()) name += "/" + record.layer;
  if (record.direction != "step" && !record.direction.empty()) name += "/" + record.direction;
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

Json benchmark_rows(const std::vector<Record>& records) {
  Json rows = Json::array();
  std::set<std::string> taken;
  for (const Record& record : records)
    rows.push_back(benchmark_row(record, unique(benchmark_name(record), taken), rows.size()));
  return rows;
}

Json interval_json(const std::optional<Interval>& interval) {
  if (!interval) return nullptr;
  return {{"low", number_or_null(interval->low)}, {"high", number_or_null(interval->high)}};
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

/// {"cores_seconds": [one a rank], "cache_seconds": …}
Json canaries_json(const std::vector<CanaryTimes>& ranks) {
  Json canaries = Json::object();
  for (const Part part : parts)
    canaries[std::string(to_string(part)) + "_seconds"] =
        list_of(ranks, [&](const CanaryTimes& times) { return number_or_null(times[part]); });
  return canaries;
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

Json record_json(const Report& report, const Record& record) {
  return {
      {"model", record.model},
      {"pass", record.pass},
      {"backend", record.backend},
      {"view", record.view},
      {"layer", record.layer},
      {"kind", record.kind},
      {"output", record.output},
      {"direction", record.direction},
      {"implementation", record.implementation},
      {"layout", record.layout.empty() ? Json() : Json(record.layout)},
      {"batch", record.batch},
      {"ranks", record.ranks},
      {"threads", record.threads},
      {"gap", record.gap},
      {"flops", record.flops},
      {"bytes", record.bytes},
      {"gflops_per_second", number_or_null(gflops_per_second(record.flops, seconds_a_step(record.summary)))},
      {"direct_equivalent", record.direct_equivalent},
      {"l2_error", number_or_null(l2_error(report, record))},
      {"summary", summary_json(record.summary)},
      {"samples", list_of(record.samples, [](double seconds) { return number_or_null(seconds); })},
      {"per_rank", list_of(record.per_rank, rank_json)},
      {"imbalance", number_or_null(record.imbalance)},
      {"stop_reason", record.stop_reason},
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

Json steps_json(const StepTimes& steps) {
  Json ranks = Json::array();
  for (std::size_t rank = 0; rank < steps.seconds.size(); ++rank)
    ranks.push_back({{"rank", rank},
                     {"start_seconds", nanosecond_list(steps.starts[rank])},
                     {"seconds", nanosecond_list(steps.seconds[rank])}});
  return {{"model", steps.model},
          {"pass", steps.pass},
          {"backend", steps.backend},
          {"view", steps.view},
          {"layer", steps.layer},
          {"bursts", steps.bursts},
          {"burst_seconds", number_or_null(steps.burst_seconds)},
          {"step_seconds", number_or_null(steps.step_seconds)},
          {"clock_error_seconds", number_or_null(steps.clock_error_seconds)},
          {"over_ranks", over_ranks_json(steps.over_ranks)},
          {"ranks", std::move(ranks)}};
}

Json node_clock_json(const NodeClock& clock) {
  return {{"first_rank", clock.first_rank},
          {"offset_seconds", number_or_null(clock.offset_seconds)},
          {"drift", number_or_null(clock.drift)},
          {"error_seconds", number_or_null(clock.error_seconds)}};
}

Json check_json(const Check& check) {
  return {{"model", check.model},
          {"pass", check.pass},
          {"backend", check.backend},
          {"layer", check.layer},
          {"tensor", check.tensor},
          {"elements", check.elements},
          {"checked", check.checked},
          {"max_error", number_or_null(check.max_error)},
          {"tolerance", number_or_null(check.tolerance)},
          {"l2_error", number_or_null(check.l2_error)},
          {"passed", check.passed},
          {"message", check.message}};
}

Json comparison_json(const ReportedComparison& comparison) {
  return {{"name", comparison.name},
          {"samples_per_epoch",
           comparison.samples_per_epoch > 0 ? Json(comparison.samples_per_epoch) : Json(nullptr)},
          {"models", comparison.models}};
}

Json setup_json(const Setup& setup) {
  return {{"model", setup.model},
          {"pass", setup.pass},
          {"backend", setup.backend},
          {"prepare_seconds", number_or_null(setup.prepare_seconds)},
          {"weights_seconds", number_or_null(setup.weights_seconds)},
          {"verify_seconds", number_or_null(setup.verify_seconds)},
          {"parameters_mib", number_or_null(setup.parameters_mib)},
          {"parameters_hash", setup.parameters_hash.empty() ? Json() : Json(setup.parameters_hash)},
          {"unattributed_share", number_or_null(setup.unattributed_share)},
          {"unattributed_interval", interval_json(setup.unattributed_interval)}};
}

Json failure_json(const Failure& failure) {
  return {{"model", failure.model}, {"pass", failure.pass},     {"backend", failure.backend},
          {"layer", failure.layer}, {"reason", failure.reason}, {"message", failure.message}};
}

Json library_fault_json(const LibraryFault& fault) {
  return {{"model", fault.model},
          {"pass", fault.pass},
          {"backend", fault.backend},
          {"layer", fault.layer},
          {"operation", fault.operation},
          {"implementation", fault.implementation},
          {"replaced_by", fault.replaced_by.empty() ? Json(nullptr) : Json(fault.replaced_by)},
          {"found_by", fault.found_by},
          {"message", fault.message}};
}

Json memory_json(const MemoryPeaks& peaks) {
  const auto bytes = [](const std::optional<std::int64_t>& value) { return value ? Json(*value) : Json(); };
  return {{"model", peaks.model},
          {"pass", peaks.pass},
          {"estimated_bytes", peaks.estimated_bytes > 0 ? number_or_null(peaks.estimated_bytes) : Json()},
          {"prepare_bytes", bytes(peaks.prepare_bytes)},
          {"verify_bytes", bytes(peaks.verify_bytes)},
          {"measure_bytes", bytes(peaks.measure_bytes)},
          {"phases_apart", peaks.phases_apart}};
}

Json ceilings_json(const std::optional<Ceilings>& ceilings) {
  if (!ceilings) return nullptr;
  return {{"fma_flops_per_second", number_or_null(ceilings->fma_flops_per_second)},
          {"instruction_set", ceilings->instruction_set},
          {"threads", ceilings->threads},
          {"fma_flops_per_second_measured", list_of(ceilings->measured, number_or_null)}};
}

/// `passed` is null where nothing was checked.
Json verification_json(const Report& report) {
  const bool passed =
      std::all_of(report.checks.begin(), report.checks.end(), [](const Check& c) { return c.passed; });
  return {{"requested", report.verified},
          {"passed", report.checks.empty() ? Json(nullptr) : Json(passed)},
          {"tensors", report.checks.size()},
          {"checks", list_of(report.checks, check_json)}};
}

Json choice_json(const Choice& choice) {
  const auto candidate = [](const Choice::Candidate& each) {
    return Json{{"name", each.name}, {"seconds", number_or_null(each.seconds)}};
  };
  return {{"backend", choice.backend},
          {"key", choice.key},
          {"candidates", list_of(choice.candidates, candidate)},
          {"chosen", choice.chosen},
          {"from", choice.given ? "file" : "timing"}};
}

Json configs_json(const Report& report) {
  Json configs = Json::array();
  for (std::size_t i = 0; i < report.config_files.size(); ++i) {
    const bool has_text = i < report.config_texts.size();
    configs.push_back({{"name", report.config_files[i]},
                       {"text", has_text ? Json(report.config_texts[i]) : Json(nullptr)}});
  }
  return configs;
}

Json backends_json(const Report& report) {
  Json backends = Json::object();
  for (const auto& [name, facts] : report.backend_facts) backends[name] = facts;
  return backends;
}

}  // namespace

Json result_json(const Report& report) {
  const Json facts = report.environment.empty() ? Json::object() : report.environment.front();
  const std::string executable = report.command.empty() ? "" : report.command.front();
  Json own = {{"schema", 1},
              {"name", report.name},
              {"status", report.status},
              {"start_time", report.start_time},
              {"command", report.command},
              {"config", configs_json(report)},
              {"comparisons", list_of(report.comparisons, comparison_json)},
              {"settings", report.settings},
              {"ranks", report.ranks},
              {"threads", report.threads},
              {"placement_remarks", report.placement_remarks},
              {"environment", report.environment},
              {"machine",
               {{"ceilings", ceilings_json(report.ceilings)},
                {"canary_references", canaries_json(report.canary_references)}}},
              {"backends", backends_json(report)},
              {"clock",
               {{"cost_seconds", number_or_null(report.clock.cost_seconds)},
                {"resolution_seconds", number_or_null(report.clock.resolution_seconds)},
                {"nodes", list_of(report.node_clocks, node_clock_json)}}},
              {"warnings", report.warnings},
              {"verification", verification_json(report)},
              {"models", list_of(report.models,
                                 [](const ReportedModel& m) { return describe_json(m.model, m.batch); })},
              {"setups", list_of(report.setups, setup_json)},
              {"memory", list_of(report.memory, memory_json)},
              {"backend_comparison", backend_comparison_json(report)},
              {"records", list_of(report.records, [&](const Record& r) { return record_json(report, r); })},
              {"steps", list_of(report.steps, steps_json)},
              {"failures", list_of(report.failures, failure_json)},
              {"library_faults", list_of(report.library_faults, library_fault_json)},
              {"choices", list_of(report.choices, choice_json)}};
  return {{"context", google_benchmark_context(facts, report.start_time, executable)},
          {"benchmarks", benchmark_rows(report.records)},
          {"cnnbench", std::move(own)}};
}

}  // namespace cnnbench
