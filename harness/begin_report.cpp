#include "harness/begin_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>

#include "harness/machine/facts.h"
#include "harness/plan.h"

namespace cnnbench {
namespace {

std::string utc_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

nlohmann::ordered_json settings_json(const std::vector<Experiment>& experiments, const Options& options) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const Experiment& experiment : experiments) {
    nlohmann::ordered_json one{{"model", experiment.model->name},
                               {"pass", to_string(experiment.pass)},
                               {"batch", experiment.batch},
                               {"burn_in", experiment.timing.burn_in},
                               {"steps", experiment.timing.steps},
                               {"precision", experiment.timing.precision},
                               {"max_seconds", nullptr},
                               {"gap", to_string(experiment.timing.gap)},
                               {"verify", experiment.verify},
                               {"seed", options.seed},
                               {"interleaved", experiment.interleaved},
                               {"order_seed", experiment.timing.seed},
                               {"input", nullptr}};
    if (experiment.timing.max_seconds > 0) one["max_seconds"] = experiment.timing.max_seconds;
    if (!options.input.empty()) one["input"] = options.input;
    for (const View view : experiment.views) one["views"].push_back(to_string(view));
    all.push_back(std::move(one));
  }
  return all;
}

/// Version and facts, which may differ between ranks: the effective instruction set does on unlike CPUs.
nlohmann::ordered_json backend_facts(const Backend& backend) {
  nlohmann::ordered_json about{{"version", backend.version()}};
  for (const auto& [key, value] : backend.facts()) about[key] = value;
  return about;
}

}  // namespace

Report begin_report(Cluster& cluster, Clock& clock, const std::vector<Config>& configs,
                    const std::vector<Experiment>& experiments, const Options& options,
                    const Placement& placement, int argc, char** argv) {
  Report report;
  report.start_time = utc_now();
  report.command.assign(argv, argv + argc);
  for (const Config& config : configs) {
    report.configs.push_back({{"name", config.file}, {"text", config.texts.at(config.file)}});
    const std::string& name = config.comparison.empty() ? config.networks[0].model.name : config.comparison;
    report.name += (report.name.empty() ? "" : "+") + name;
    ReportedComparison comparison{config.comparison, config.samples_per_epoch, {}};
    for (const NetworkConfig& network : config.networks) {
      comparison.networks.push_back(report.networks.size());
      report.networks.push_back({network.model, batch_of(network, options, cluster.size())});
    }
    if (!config.comparison.empty()) report.comparisons.push_back(std::move(comparison));
  }
  report.settings = settings_json(experiments, options);
  nlohmann::ordered_json facts = machine_facts();
  facts["mpi_library"] = cluster.library();
  for (const Backend* backend : options.backends)
    report.backend_facts[backend->name()] = backend_facts(*backend);
  facts["backends"] = report.backend_facts;
  for (const std::string& text : cluster.gather(facts.dump()))
    report.environment.push_back(nlohmann::ordered_json::parse(text));
  report.clock = measure_clock(clock);
  report.ranks = cluster.size();
  report.threads = placement.threads;
  report.warnings = placement.warnings;
  for (const Backend* backend : options.backends)
    for (const std::string& warning : backend->warnings())
      if (std::find(report.warnings.begin(), report.warnings.end(), warning) == report.warnings.end())
        report.warnings.push_back(warning);
  report.placement_remarks = placement.remarks;
#ifndef NDEBUG
  report.warnings.push_back(
      "this program was built without optimisation (not a Release build): do not believe its times");
#endif
#ifdef __SANITIZE_ADDRESS__
  report.warnings.push_back("this program was built with sanitizers: do not believe its times");
#endif
  report.verified = options.verify != Verify::off;
  return report;
}

void add_findings(Report& report, const std::string& network, const Findings& findings) {
  std::find_if(report.networks.begin(), report.networks.end(), [&](const NetworkReport& each) {
    return each.model.name == network;
  })->passes.push_back(findings.report);
  for (const Choice& choice : findings.choices) {
    report.choices.push_back(choice);
    if (!choice.gone.empty())
      report.warnings.push_back(
          fmt::format("--choices: {} no longer has '{}' for {}: '{}' was found by timing", choice.backend,
                      choice.gone, choice.key, choice.chosen));
  }
  if (!findings.clocks.empty()) report.node_clocks = findings.clocks;
}

}  // namespace cnnbench
