#include <algorithm>

#include "harness/report/json_records.h"

namespace cnnbench {
namespace {

using Json = nlohmann::ordered_json;

/// An object that begins with the place of what it is about.
Json with_place(const ReportedBackend& of, const Json& about) {
  Json json = {{"model", of.model.name}, {"pass", to_string(of.pass)}, {"backend", of.backend.name}};
  json.update(about);
  return json;
}

/// What all backends have of a kind, in one list: each item with its network, pass and backend.
template <typename T, typename Convert>
Json list_of_all(const Report& report, std::vector<T> BackendReport::*items, Convert convert) {
  Json list = Json::array();
  for (const ReportedBackend& of : all_backends(report))
    for (const T& item : of.backend.*items) list.push_back(with_place(of, convert(item)));
  return list;
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

Json setups_json(const Report& report) {
  Json setups = Json::array();
  for (const ReportedBackend& of : all_backends(report))
    if (of.backend.setup) setups.push_back(with_place(of, setup_json(*of.backend.setup)));
  return setups;
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

/// One entry an experiment whose memory is known.
Json memory_json(const Report& report) {
  const auto bytes = [](const std::optional<std::int64_t>& value) { return value ? Json(*value) : Json(); };
  Json list = Json::array();
  for (const NetworkReport& network : report.networks)
    for (const PassReport& pass : network.passes) {
      const MemoryPeaks& peaks = pass.memory;
      if (!peaks.largest()) continue;
      list.push_back(
          {{"model", network.model.name},
           {"pass", to_string(pass.pass)},
           {"estimated_bytes", peaks.estimated_bytes > 0 ? number_or_null(peaks.estimated_bytes) : Json()},
           {"prepare_bytes", bytes(peaks.prepare_bytes)},
           {"verify_bytes", bytes(peaks.verify_bytes)},
           {"measure_bytes", bytes(peaks.measure_bytes)},
           {"phases_apart", peaks.phases_apart}});
    }
  return list;
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
  const Json checks = list_of_all(report, &BackendReport::checks, check_json);
  const bool passed = std::all_of(checks.begin(), checks.end(),
                                  [](const Json& check) { return check["passed"].get<bool>(); });
  return {{"requested", report.verified},
          {"passed", checks.empty() ? Json(nullptr) : Json(passed)},
          {"tensors", checks.size()},
          {"checks", checks}};
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
  Json own = {
      {"schema", 1},
      {"name", report.name},
      {"status", report.status},
      {"start_time", report.start_time},
      {"command", report.command},
      {"config", configs_json(report)},
      {"comparisons", list_of(report.comparisons, [&](const auto& c) { return comparison_json(report, c); })},
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
      {"models",
       list_of(report.networks, [](const NetworkReport& n) { return describe_json(n.model, n.batch); })},
      {"setups", setups_json(report)},
      {"memory", memory_json(report)},
      {"backend_comparison", backend_comparison_json(report)},
      {"records", records_json(report)},
      {"steps", steps_json(report)},
      {"failures", list_of_all(report, &BackendReport::failures, failure_json)},
      {"library_faults", list_of_all(report, &BackendReport::library_faults, library_fault_json)},
      {"choices", list_of(report.choices, choice_json)}};
  return {{"context", google_benchmark_context(facts, report.start_time, executable)},
          {"benchmarks", benchmark_rows(report)},
          {"cnnbench", std::move(own)}};
}

}  // namespace cnnbench
