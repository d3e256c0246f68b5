#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <iostream>

#include "harness/cluster/openmp_binding.h"
#include "harness/cluster/placement.h"
#include "harness/console_observer.h"
#include "harness/kept_report.h"
#include "harness/list_backends.h"
#include "harness/machine/facts.h"
#include "harness/machine/fma_peak.h"
#include "harness/measure/ceilings.h"
#include "harness/measure/condition_flags.h"
#include "harness/measure/dump.h"
#include "harness/memory.h"
#include "harness/options.h"
#include "harness/plan.h"
#include "harness/report/report.h"
#include "harness/settle_threads.h"
#include "harness/standard_output.h"
#include "harness/worker/worker.h"

namespace cnnbench {
namespace {

enum ExitStatus { complete = 0, failed = 1, bad_arguments = 2, interrupted_early = 3 };

/// Does `work` on every rank. Where it throws a ConfigError or UserError on any, the message is shown once
/// and the result is false on every rank.
template <typename Work>
bool together(Cluster& cluster, Work work) {
  std::string message;
  bool fine = true;
  try {
    work();
  } catch (const ConfigError& error) {
    fine = false;
    message = error.what();
  } catch (const UserError& error) {
    fine = false;
    message = error.what();
  }
  if (agree(cluster, fine, message)) return true;
  if (cluster.is_root()) std::cerr << "bench: " << message << '\n';
  return false;
}

void describe(const std::vector<Config>& configs, const Options& options, int ranks) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  bool first = true;
  for (const Config& config : configs)
    for (const NetworkConfig& network : config.networks) {
      const std::int64_t batch = batch_of(network, options, ranks);
      if (!first && options.format != Format::json) std::cout << '\n';
      first = false;
      switch (options.format) {
        case Format::table:
          describe_table(std::cout, network.model, batch);
          break;
        case Format::csv:
          describe_csv(std::cout, network.model, batch);
          break;
        case Format::json:
          list.push_back(describe_json(network.model, batch));
          break;
      }
    }
  if (options.format != Format::json) return;
  std::cout << (list.size() == 1 ? list[0] : list).dump(2) << '\n';
}

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

/// All of the report that is known before anything is measured. Collective; complete on rank 0.
Report begin_report(Cluster& cluster, Clock& clock, const std::vector<Config>& configs,
                    const std::vector<Experiment>& experiments, const Options& options,
                    const Placement& placement, int argc, char** argv) {
  Report report;
  report.start_time = utc_now();
  report.command.assign(argv, argv + argc);
  for (const Config& config : configs) {
    report.config_files.push_back(config.file);
    report.config_texts.push_back(config.text);
    const std::string& name = config.comparison.empty() ? config.networks[0].model.name : config.comparison;
    report.name += (report.name.empty() ? "" : "+") + name;
    ReportedComparison comparison{config.comparison, config.samples_per_epoch, {}};
    for (const NetworkConfig& network : config.networks) {
      report.models.push_back({network.model, batch_of(network, options, cluster.size())});
      comparison.models.push_back(network.model.name);
    }
    if (!config.comparison.empty()) report.comparisons.push_back(std::move(comparison));
  }
  report.settings = settings_json(experiments, options);
  nlohmann::ordered_json facts = machine_facts();
  facts["mpi_library"] = cluster.library();
  for (const Backend* backend : options.backends)
    facts["backends"][backend->name()] = backend_facts(*backend);
  for (const std::string& text : cluster.gather(facts.dump()))
    report.environment.push_back(nlohmann::ordered_json::parse(text));
  for (const Backend* backend : options.backends) {
    report.backend_facts.emplace_back(backend->name(), backend_facts(*backend));
  }
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

/// How ceilings are measured; empty without optimisation, where they would be far too low.
std::function<FmaPeak()> fma_peak_of([[maybe_unused]] int threads) {
#ifdef __OPTIMIZE__
  return [threads] { return measure_fma_peak(threads); };
#else
  return {};
#endif
}

/// The ceilings and references known at the end hold for all records.
void keep(Report& report, const CeilingWatch& watch) {
  report.ceilings = watch.ceilings();
  report.canary_references = watch.references();
  rate_canaries(report.records, watch.references());
  for (std::string& warning : watch.warnings()) report.warnings.push_back(std::move(warning));
}

/// Measures every experiment and shows it; `kept` gets what is complete. True where none was interrupted.
bool measure_all(std::vector<Experiment>& experiments, const Options& options, Cluster& cluster, Clock& clock,
                 Report& report, KeptReport& kept) {
  for (Experiment& experiment : experiments) {
    if (!options.input.empty())
      experiment.input = load_input(options.input, *experiment.model, experiment.batch);
    if (cluster.is_root())
      std::cout << fmt::format("\n{}, {}, batch {} a rank\n", experiment.model->name,
                               to_string(experiment.pass), experiment.batch)
                << std::flush;
    ConsoleObserver console(std::cout, report, experiment);
    Observer observer = console.observer();
    observer.view_done = [&, show = observer.view_done](View view, const auto& backends,
                                                        const Findings& findings) {
      kept.keep(report, findings);  // first: what was shown is not lost
      show(view, backends, findings);
    };
    if (!options.dump.empty())
      observer.prepared = [&](const Backend& backend, Program& program) {
        dump_step(program, *experiment.model,
                  {experiment.pass, experiment.batch, experiment.threads, experiment.seed},
                  std::filesystem::path(options.dump) / backend.name() / to_string(experiment.pass));
      };
    const Findings findings = run_experiment(experiment, cluster, clock, report.clock, observer);
    append(report, findings);
    experiment.input.clear();
    if (findings.interrupted) return false;
  }
  return true;
}

/// measure_all(), with the machine's ceilings and disturbances where anything is timed.
bool measure_with_conditions(std::vector<Experiment>& experiments, const Options& options, Cluster& cluster,
                             Clock& clock, Report& report, KeptReport& kept) {
  if (options.verify == Verify::only) return measure_all(experiments, options, cluster, clock, report, kept);
  const int threads = experiments.front().threads;
  cluster.barrier();  // ranks that share a core must find out together how fast it is
  const std::unique_ptr<ConditionsProbe> conditions = make_conditions_probe(clock, threads);
  CeilingWatch ceilings(cluster, threads, fma_peak_of(threads), *conditions);
  for (Experiment& experiment : experiments) {
    experiment.conditions = conditions.get();
    experiment.ceilings = &ceilings;
  }
  const bool whole = measure_all(experiments, options, cluster, clock, report, kept);
  keep(report, ceilings);
  return whole;
}

int finish(Report& report, const Options& options, bool whole, KeptReport& kept, StandardOutput& output) {
  const bool invalid = std::any_of(report.failures.begin(), report.failures.end(),
                                   [](const Failure& failure) { return failure.reason != "unsupported"; });
  report.status = invalid ? "invalid" : whole ? "complete" : "partial";
  if (invalid) print_verdict(std::cout, report);  // before anything that might be believed
  print_backends(std::cout, report);
  if (options.verify != Verify::only) print_comparisons(std::cout, report);
  if (!invalid) print_verdict(std::cout, report);
  const std::string folder = kept.finish(report).string();
  std::cout << "\nResults: " << folder << '\n';
  if (!output.lost().empty()) std::cerr << "bench: the results are whole, in " << folder << '\n';
  if (!whole) return interrupted_early;
  return invalid ? failed : complete;
}

int run(Cluster& cluster, StandardOutput& output, int argc, char** argv) {
  // 1. Options.
  const auto parsed = parse_options(argc, argv);
  if (const auto* exit = std::get_if<EarlyExit>(&parsed)) {
    if (cluster.is_root()) (exit->status == 0 ? std::cout : std::cerr) << exit->text;
    return exit->status;
  }
  const Options& options = std::get<Options>(parsed);
  if (options.list_backends) {
    if (cluster.is_root()) list_backends(std::cout);
    return complete;
  }

  // 2. Configs.
  std::vector<Config> configs;
  if (!together(cluster, [&] { configs = load_configs(options); })) return bad_arguments;
  if (options.describe)
    return together(cluster,
                    [&] {
                      if (cluster.is_root()) describe(configs, options, cluster.size());
                    })
               ? complete
               : bad_arguments;

  // 3. Plan: where the ranks run, what they run, whether it fits. Threads are counted there: signals must not
  // come to them later, when they run kernels.
  const auto kept = std::make_shared<KeptReport>(options.output);
  watch_interruptions(
      [kept, root = cluster.is_root()](int signal) { return last_words(*kept, root, signal); });
  Placement placement = place(cluster, options.threads, cgroup_cpu_limit().value_or(0));
  if (!together(cluster, [&] { settle_threads(cluster, placement, options.threads); })) return bad_arguments;
  std::vector<Experiment> experiments;
  std::vector<std::string> warnings;
  const auto plan = [&] {
    const int threads = placement.threads[static_cast<std::size_t>(cluster.rank())];
    experiments = plan_experiments(configs, options, cluster.size(), threads);
    warnings = check_memory(experiments, cluster.node_size());
    if (!options.input.empty())
      for (const Experiment& experiment : experiments)
        load_input(options.input, *experiment.model, experiment.batch);
    if (cluster.is_root()) check_paths(options);
  };
  if (!together(cluster, plan)) return bad_arguments;

  // 4. Measure.
  SteadyClock clock;
  Report report = begin_report(cluster, clock, configs, experiments, options, placement, argc, argv);
  report.warnings.insert(report.warnings.end(), warnings.begin(), warnings.end());
  if (cluster.is_root()) print_header(std::cout, report);
  if (cluster.is_root()) kept->begin(report);
  bool whole = false;
  try {
    whole = measure_with_conditions(experiments, options, cluster, clock, report, *kept);
  } catch (const std::exception& error) {
    if (cluster.is_root()) keep_after(*kept, error.what());
    throw;
  }
  interruption_noticed();

  // 5. Report.
  const int status = cluster.is_root() ? finish(report, options, whole, *kept, output) : complete;
  return cluster.broadcast(status);
}

}  // namespace
}  // namespace cnnbench

int main(int argc, char** argv) {
  cnnbench::StandardOutput output;
  cnnbench::leave_first_place();  // before any thread is started and any mask is read
  try {
    if (cnnbench::is_worker()) return cnnbench::serve();
    const std::unique_ptr<cnnbench::Cluster> cluster = cnnbench::make_cluster(argc, argv);
    try {
      return cnnbench::status_with_output(output, "bench", cnnbench::run(*cluster, output, argc, argv));
    } catch (const std::exception& error) {
      std::cerr << "bench: " << error.what() << std::endl;
      throw;  // ends all ranks: see make_cluster
    }
  } catch (const std::exception&) {
    return cnnbench::failed;
  }
}
