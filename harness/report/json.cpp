#include <algorithm>
#include <cmath>

#include "harness/report/environment.h"
#include "harness/report/format.h"
#include "harness/report/layer_times.h"
#include "harness/report/report.h"

namespace cnnbench {
namespace {

using Json = nlohmann::ordered_json;

/// `place`, then what `item` has.
Json placed(Json place, Json item) {
  for (auto& [key, value] : item.items()) place[key] = std::move(value);
  return place;
}

template <typename T, typename Convert>
Json list_of(const std::vector<T>& items, Convert convert) {
  Json list = Json::array();
  for (const T& item : items) list.push_back(convert(item));
  return list;
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

Json record_json(const BackendReport& backend, View view, const Record& record) {
  return {
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
      {"l2_error", number_or_null(l2_error(backend, view, record))},
      {"summary", summary_json(record.summary)},
      {"samples", list_of(record.samples, [](double seconds) { return number_or_null(seconds); })},
      {"per_rank", list_of(record.per_rank, rank_json)},
      {"imbalance", number_or_null(record.imbalance)},
      {"stop_reason", to_string(record.stop_reason)},
      {"instances", record.instances},
      {"conditions", conditions_json(record.conditions)},
      {"flags", list_of(record.flags, [](const Flag& flag) { return flag.text; })}};
}

Json steps_json(const StepTimes& steps) {
  Json ranks = Json::array();
  for (std::size_t rank = 0; rank < steps.seconds.size(); ++rank)
    ranks.push_back({{"rank", rank},
                     {"start_seconds", nanosecond_list(steps.starts[rank])},
                     {"seconds", nanosecond_list(steps.seconds[rank])}});
  return {{"layer", steps.layer},
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
  return {{"layer", check.layer},
          {"tensor", tensor_name(check.tensor)},
          {"elements", check.elements},
          {"checked", check.checked},
          {"max_error", number_or_null(check.max_error)},
          {"tolerance", number_or_null(check.tolerance)},
          {"l2_error", number_or_null(check.l2_error)},
          {"passed", check.passed},
          {"message", check.message}};
}

Json comparison_json(const Report& report, const ReportedComparison& comparison) {
  return {{"name", comparison.name},
          {"samples_per_epoch",
           comparison.samples_per_epoch > 0 ? Json(comparison.samples_per_epoch) : Json(nullptr)},
          {"models", list_of(comparison.networks,
                             [&](std::size_t index) { return report.networks[index].model.name; })}};
}

Json setup_json(const Setup& setup) {
  return {{"prepare_seconds", number_or_null(setup.prepare_seconds)},
          {"weights_seconds", number_or_null(setup.weights_seconds)},
          {"verify_seconds", number_or_null(setup.verify_seconds)},
          {"parameters_mib", number_or_null(setup.parameters_mib)},
          {"parameters_hash", setup.parameters_hash.empty() ? Json() : Json(setup.parameters_hash)},
          {"unattributed_share", number_or_null(setup.unattributed_share)},
          {"unattributed_interval", interval_json(setup.unattributed_interval)}};
}

Json failure_json(const Failure& failure) {
  return {{"layer", failure.layer}, {"reason", to_string(failure.reason)}, {"message", failure.message}};
}

Json library_fault_json(const LibraryFault& fault) {
  return {{"layer", fault.layer},
          {"operation", operation_name(fault)},
          {"implementation", fault.implementation},
          {"replaced_by", fault.replaced_by.empty() ? Json(nullptr) : Json(fault.replaced_by)},
          {"found_by", found_by(fault)},
          {"message", fault.message}};
}

Json memory_json(const MemoryPeaks& peaks) {
  const auto bytes = [](const std::optional<std::int64_t>& value) { return value ? Json(*value) : Json(); };
  return {{"estimated_bytes", peaks.estimated_bytes > 0 ? number_or_null(peaks.estimated_bytes) : Json()},
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

void add_backend(Json& own, const ReportedBackend& of) {
  Json place = {{"model", of.model.name}, {"pass", to_string(of.pass)}, {"backend", of.backend.name}};
  const auto add = [&](Json& list, Json item) { list.push_back(placed(place, std::move(item))); };
  if (of.backend.setup) add(own["setups"], setup_json(*of.backend.setup));
  for (const Check& check : of.backend.checks) add(own["verification"]["checks"], check_json(check));
  for (const Failure& failure : of.backend.failures) add(own["failures"], failure_json(failure));
  for (const LibraryFault& fault : of.backend.library_faults)
    add(own["library_faults"], library_fault_json(fault));
  for (const auto& [view, found] : of.backend.views) {
    place["view"] = to_string(view);
    for (const Record& record : found.records) add(own["records"], record_json(of.backend, view, record));
    for (const StepTimes& steps : found.steps) add(own["steps"], steps_json(steps));
  }
}

/// Fills the flat lists with what was found: each item begins with its place in the report.
void add_found(Json& own, const Report& report) {
  for (const ReportedBackend& of : all_backends(report)) add_backend(own, of);
  for (const NetworkReport& network : report.networks)
    for (const PassReport& pass : network.passes)
      if (pass.memory.largest())
        own["memory"].push_back(placed({{"model", network.model.name}, {"pass", to_string(pass.pass)}},
                                       memory_json(pass.memory)));
  Json& verification = own["verification"];
  const Json& checks = verification["checks"];
  verification["tensors"] = checks.size();
  if (!checks.empty())
    verification["passed"] = std::all_of(checks.begin(), checks.end(),
                                         [](const Json& check) { return check["passed"].get<bool>(); });
}

}  // namespace

Json result_json(const Report& report) {
  const Json facts = report.environment.empty() ? Json::object() : report.environment.front();
  const std::string executable = report.command.empty() ? "" : report.command.front();
  Json own = {
      {"schema", 1},
      {"name", report.name},
      {"status", report.status},
      {"start_time", report.start_time},
      {"command", report.command},
      {"config", report.configs},
      {"comparisons", list_of(report.comparisons, [&](const auto& c) { return comparison_json(report, c); })},
      {"settings", report.settings},
      {"ranks", report.ranks},
      {"threads", report.threads},
      {"placement_remarks", report.placement_remarks},
      {"environment", report.environment},
      {"machine",
       {{"ceilings", ceilings_json(report.ceilings)},
        {"canary_references", canaries_json(report.canary_references)}}},
      {"backends", report.backend_facts},
      {"clock",
       {{"cost_seconds", number_or_null(report.clock.cost_seconds)},
        {"resolution_seconds", number_or_null(report.clock.resolution_seconds)},
        {"nodes", list_of(report.node_clocks, node_clock_json)}}},
      {"warnings", report.warnings},
      {"verification",
       {{"requested", report.verified}, {"passed", nullptr}, {"tensors", 0}, {"checks", Json::array()}}},
      {"models",
       list_of(report.networks, [](const NetworkReport& n) { return describe_json(n.model, n.batch); })},
      {"setups", Json::array()},
      {"memory", Json::array()},
      {"backend_comparison", backend_comparison_json(report)},
      {"records", Json::array()},
      {"steps", Json::array()},
      {"failures", Json::array()},
      {"library_faults", Json::array()},
      {"choices", list_of(report.choices, choice_json)}};
  add_found(own, report);
  return {{"context", google_benchmark_context(facts, report.start_time, executable)},
          {"benchmarks", google_benchmark_rows(report)},
          {"cnnbench", std::move(own)}};
}

}  // namespace cnnbench
