#include <fmt/format.h>

#include <iostream>

#include "harness/begin_report.h"
#include "harness/choices.h"
#include "harness/cluster/openmp_binding.h"
#include "harness/cluster/placement.h"
#include "harness/console_observer.h"
#include "harness/describe.h"
#include "harness/kept_report.h"
#include "harness/list_backends.h"
#include "harness/machine/facts.h"
#include "harness/machine/fma_peak.h"
#include "harness/measure/ceilings.h"
#include "harness/measure/condition_flags.h"
#include "harness/measure/dump.h"
#include "harness/measure/tuner.h"
#include "harness/memory.h"
#include "harness/options.h"
#include "harness/plan.h"
#include "harness/report/report.h"
#include "harness/settle_threads.h"
#include "harness/shared_inputs.h"
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
  for (NetworkReport& network : report.networks)
    for (PassReport& pass : network.passes) rate_canaries(pass, watch.references());
  for (std::string& warning : watch.warnings()) report.warnings.push_back(std::move(warning));
}

/// Measures every experiment and shows it; `kept` gets what is complete. True where none was interrupted.
bool measure_all(std::vector<Experiment>& experiments, const Options& options, Cluster& cluster, Clock& clock,
                 Report& report, KeptReport& kept) {
  for (Experiment& experiment : experiments) {
    if (!options.input.empty())
      experiment.input = shared_input(cluster, options.input, *experiment.model, experiment.batch);
    if (cluster.is_root())
      std::cout << fmt::format("\n{}, {}, batch {} a rank\n", experiment.model->name,
                               to_string(experiment.pass), experiment.batch)
                << std::flush;
    ConsoleObserver console(std::cout, experiment);
    Observer observer = console.observer();
    observer.view_done = [&, show = observer.view_done](View view, const auto& backends,
                                                        const Findings& findings) {
      Report so_far = report;
      add_findings(so_far, experiment.model->name, findings);
      kept.keep(std::move(so_far));  // first: what was shown is not lost
      show(view, backends, findings);
    };
    if (!options.dump.empty())
      observer.prepared = [&](const Backend& backend, Program& program) {
        dump_step(program, *experiment.model,
                  {experiment.pass, experiment.batch, experiment.threads, experiment.seed},
                  std::filesystem::path(options.dump) / backend.name() / to_string(experiment.pass));
      };
    const Findings findings = run_experiment(experiment, cluster, clock, report.clock, observer);
    add_findings(report, experiment.model->name, findings);
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
  bool invalid = false;
  for (const ReportedBackend& of : all_backends(report))
    for (const Failure& failure : of.backend.failures)
      invalid = invalid || failure.reason != Failure::Reason::unsupported;
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
  // 1. Options: those of rank 0.
  std::vector<std::string> arguments;
  if (!together(cluster, [&] { arguments = shared_arguments(cluster, argc, argv); })) return bad_arguments;
  const auto parsed = parse_options(arguments);
  const auto* const exit = std::get_if<EarlyExit>(&parsed);
  std::string text = exit != nullptr ? exit->text : "";
  if (!agree(cluster, exit == nullptr, text)) {
    const bool asked_for = exit != nullptr && exit->status == complete;
    if (cluster.is_root()) (asked_for ? std::cout : std::cerr << "bench: ") << text;
    return asked_for ? complete : bad_arguments;
  }
  const Options& options = std::get<Options>(parsed);
  if (options.list_backends) {
    if (cluster.is_root()) list_backends(std::cout);
    return complete;
  }

  // 2. Configs: the files that rank 0 sees.
  std::vector<Config> configs;
  if (!together(cluster, [&] { configs = shared_configs(cluster, options); })) return bad_arguments;
  if (options.describe)
    return together(cluster, [&] { on_rank_0(cluster, [&] { describe(configs, options, cluster.size()); }); })
               ? complete
               : bad_arguments;

  // 3. Plan: where the ranks run, what they run, whether it fits. Threads are counted there: signals must not
  // come to them later, when they run kernels.
  const auto kept = std::make_shared<KeptReport>(options.output);
  watch_interruptions(
      [kept, root = cluster.is_root()](int signal) { return last_words(*kept, root, signal); });
  Placement placement = place(cluster, options.threads, cgroup_cpu_limit().value_or(0));
  if (!together(cluster, [&] { settle_threads(cluster, placement, options.threads); })) return bad_arguments;
  if (!together(cluster, [&] {
        const std::vector<std::string> unlike = compare_ranks(cluster, options);
        placement.warnings.insert(placement.warnings.end(), unlike.begin(), unlike.end());
      }))
    return bad_arguments;
  std::vector<Experiment> experiments;
  std::vector<std::string> warnings;
  const auto plan = [&] {
    const int threads = placement.threads[static_cast<std::size_t>(cluster.rank())];
    experiments = plan_experiments(configs, options, cluster.size(), threads);
    warnings = check_memory(experiments, cluster);
    on_rank_0(cluster, [&] {
      if (!options.input.empty())
        for (const Experiment& experiment : experiments)
          load_input(options.input, *experiment.model, experiment.batch);
      check_paths(options);
    });
  };
  if (!together(cluster, plan)) return bad_arguments;
  std::vector<Choice> choices;
  if (!together(cluster, [&] { choices = shared_choices(cluster, options.choices); })) return bad_arguments;

  // 4. Measure.
  SteadyClock clock;
  TimingTuner tuner(cluster, clock, experiments.front().threads, choices);
  for (Experiment& experiment : experiments) experiment.tuner = &tuner;
  Report report = begin_report(cluster, clock, configs, experiments, options, placement, argc, argv);
  report.warnings.insert(report.warnings.end(), warnings.begin(), warnings.end());
  if (cluster.is_root()) print_header(std::cout, report);
  if (cluster.is_root()) kept->keep(report);
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
