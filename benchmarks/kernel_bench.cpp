// Every distinct layer of some networks, on every backend asked for and in every direction, as a Google
// Benchmark: for tuning one kernel, with Google Benchmark's own filters, repetitions, JSON and compare.py. It
// times through the same contract and by the same function as bench's isolated view.

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "benchmarks/layer_benchmarks.h"
#include "harness/cluster/openmp_binding.h"
#include "harness/cluster/placement.h"
#include "harness/machine/facts.h"
#include "harness/machine/fma_peak.h"
#include "harness/plan.h"
#include "harness/settle_threads.h"
#include "harness/standard_output.h"
#include "harness/worker/worker.h"

namespace cnnbench {
namespace {

enum ExitStatus { complete = 0, failed = 1, bad_arguments = 2 };

std::variant<Options, EarlyExit> parse(int argc, const char* const* argv) {
  return parse_workload("kernel_bench",
                        "Times every distinct layer of some networks alone, as Google Benchmarks.", "vgg16",
                        argc, argv);
}

StandardOutput* standard_output = nullptr;  // for print_help, behind which the library ends the program

void print_help() {
  const char* const arguments[] = {"kernel_bench", "--help"};
  std::cout << std::get<EarlyExit>(parse(2, arguments)).text << '\n' << std::flush;
  benchmark::PrintDefaultHelp();
  if (const int status = status_with_output(*standard_output, "kernel_bench", complete)) std::exit(status);
}

/// What is needed to believe a number, under `context` of the JSON.
void add_context(const Options& options, int threads, const FmaPeak& peak) {
  benchmark::AddCustomContext("cpu_model", cpu_model());
  benchmark::AddCustomContext("threads", std::to_string(threads));
  benchmark::AddCustomContext("fma_peak_FLOP/s", fmt::format("{:.4g}", peak.flops_per_second));
  benchmark::AddCustomContext("fma_instruction_set", peak.instruction_set);
  for (const Backend* backend : options.backends)
    benchmark::AddCustomContext(backend->name(), backend->version());
}

int run(int argc, char** argv) {
  benchmark::Initialize(&argc, argv, print_help);
  const auto parsed = parse(argc, argv);
  if (const auto* exit = std::get_if<EarlyExit>(&parsed)) {
    (exit->status == 0 ? std::cout : std::cerr << "kernel_bench: ") << exit->text;
    return exit->status;
  }
  const Options& options = std::get<Options>(parsed);

  const std::vector<Config> configs = load_configs(options);
  const std::vector<LayerCase> layers = distinct_layers(configs, options);
  for (const LayerCase& layer : layers)
    if (std::find(layer.passes.begin(), layer.passes.end(), Pass::train) != layer.passes.end())
      throw UserError("pass 'train' is not timed layer by layer; use forward-backward");
  SingleRank cluster;
  Placement placement = place(cluster, options.threads, cgroup_cpu_limit().value_or(0));
  settle_threads(cluster, placement, options.threads);
  for (const std::string& warning : placement.warnings) std::cerr << "kernel_bench: " << warning << '\n';
  const int threads = placement.threads[0];

  const FmaPeak peak = measure_fma_peak(threads);
  add_context(options, threads, peak);
  PreparedLayers prepared(threads, options.seed);
  register_layers(layers, options.backends, prepared, peak.flops_per_second);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return complete;
}

}  // namespace
}  // namespace cnnbench

int main(int argc, char** argv) {
  using namespace cnnbench;
  StandardOutput output;
  standard_output = &output;
  const auto report = [](const std::exception& error, int status) {
    std::cerr << "kernel_bench: " << error.what() << '\n';
    return status;
  };
  leave_first_place();
  try {
    return is_worker() ? serve() : status_with_output(output, "kernel_bench", run(argc, argv));
  } catch (const ConfigError& error) {
    return report(error, bad_arguments);
  } catch (const UserError& error) {
    return report(error, bad_arguments);
  } catch (const std::exception& error) {
    return report(error, failed);
  }
}
