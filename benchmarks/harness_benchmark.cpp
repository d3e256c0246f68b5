// What the harness costs: the network view of VGG16 against a bare loop over the same oneDNN primitives, and
// a step of LeNet at batch 1 in the measuring loop against the same step alone; and what a backend would
// suffer from another's spinning threads without the wait between turns. Both sides alternate in one process,
// so that the drift of the machine meets both; what counts are the counters, not the times.

#include <benchmark/benchmark.h>

#include <thread>

#include "harness/backend/choice.h"
#include "harness/config/config.h"
#include "harness/machine/running_threads.h"
#include "harness/measure/conditions.h"
#include "harness/measure/measuring_loop.h"
#include "harness/measure/statistics.h"
#include "harness/measure/timed_program.h"
#include "kernels/onednn/bare/bare_loop.h"

namespace cnnbench {
namespace {

int all_threads() {
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

Model load(const std::string& name) {
  return load_config(std::string(CNNBENCH_SOURCE_CONFIGS) + "/" + name + ".yaml").networks.at(0).model;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return quantile(values, 0.5);
}

/// Counter `speed_ratio`: bare time / network time, of the medians; 1 means that the harness costs nothing.
void network_against_bare_loop(benchmark::State& state, Pass pass) {
  const Model model = load("vgg16");
  const std::int64_t batch = state.range(0);
  const std::unique_ptr<Program> program =
      find_backend("onednn")->prepare(model, {pass, batch, all_threads(), 1});
  onednn::BareLoop bare(model, pass, batch, all_threads());
  SteadyClock clock;
  const TimedStep network = time_whole_step(*program, clock);
  std::vector<double> network_seconds;
  std::vector<double> bare_seconds;
  const auto run_bare = [&] {
    const double start = clock.now();
    bare.step();
    return clock.now() - start;
  };
  double seconds[1];
  network.run(seconds);  // warm both
  run_bare();
  for (auto _ : state) {
    network.run(seconds);
    network_seconds.push_back(seconds[0]);
    bare_seconds.push_back(run_bare());
    state.SetIterationTime(seconds[0]);
  }
  state.counters["speed_ratio"] = median(bare_seconds) / median(network_seconds);
  state.counters["bare_ms"] = 1e3 * median(bare_seconds);
  state.counters["network_ms"] = 1e3 * median(network_seconds);
}

/// The counters that bench reads, without its canaries, which sing for two milliseconds in 0.2 s of steps at
/// most: these steps pretend to be longer than they are.
class CountersOnly final : public ConditionsProbe {
 public:
  explicit CountersOnly(Clock& clock) : probe_(make_conditions_probe(clock, 1)) {}
  Counters counters() override { return probe_->counters(); }
  Load load(std::span<const int> processes) override { return probe_->load(processes); }
  CanaryTimes sing() override { return {}; }
  CanaryTimes reference() const override { return {}; }
  void refer_again() override {}
  Settled settle(std::span<const int>, Before) override { return {}; }
  void settle_all() override {}

 private:
  std::unique_ptr<ConditionsProbe> probe_;
};

/// Counter `added_us`: microseconds that the measuring loop adds to a step, clock, statistics, stopping
/// rule and the kernel's counters taken together; median over alternating pairs of blocks.
void measuring_loop_overhead(benchmark::State& state) {
  const Model model = load("lenet");
  const std::unique_ptr<Program> program =
      find_backend("onednn")->prepare(model, {Pass::forward, 1, all_threads(), 1});
  SteadyClock clock;
  SingleRank cluster;
  constexpr int steps = 200;
  TimingSettings timing;
  timing.burn_in = 0;
  timing.steps = steps;
  timing.precision = 1e-9;  // never reached, so the rule has to look at every step,
  timing.max_seconds = 0;
  const TimedStep step = time_whole_step(*program, clock);
  const std::vector<TimedStep> subject{{1, [&step](std::span<double> seconds) {
                                          const double start = step.run(seconds);
                                          seconds[0] *=
                                              1e6;  // which it does only after half a second of steps
                                          return start;
                                        }}};
  CountersOnly probe(clock);
  std::vector<double> added;
  for (auto _ : state) {
    const double start = clock.now();
    for (int i = 0; i < steps; ++i) program->step();
    const double middle = clock.now();
    measure(subject, timing, cluster, {}, &probe);
    const double end = clock.now();
    added.push_back((end - middle) - (middle - start));
    state.SetIterationTime(end - middle);
  }
  state.counters["added_us"] = 1e6 * median(added) / steps;
}

/// Counters `first_ratio` and `second_ratio`: the first and the second step after the canaries have sung,
/// over the tenth, of the medians: what they would cost the step after them, and what is left of it after an
/// untimed one. LeNet, batch 1.
void step_after_canaries(benchmark::State& state) {
  const Model model = load("lenet");
  const std::unique_ptr<Program> program =
      find_backend("onednn")->prepare(model, {Pass::forward, 1, all_threads(), 1});
  SteadyClock clock;
  const std::unique_ptr<ConditionsProbe> probe = make_conditions_probe(clock, all_threads());
  std::vector<double> steps[10];
  std::vector<double> songs;
  for (auto _ : state) {
    const double begin = clock.now();
    probe->sing();
    songs.push_back(clock.now() - begin);
    for (std::vector<double>& step : steps) {
      const double start = clock.now();
      program->step();
      step.push_back(clock.now() - start);
    }
    state.SetIterationTime(songs.back());
  }
  state.counters["first_ratio"] = median(steps[0]) / median(steps[9]);
  state.counters["second_ratio"] = median(steps[1]) / median(steps[9]);
  state.counters["song_ms"] = 1e3 * median(songs);
}

/// Counter `unsettled_over_settled`: a step right after one of another backend, over the same step after the
/// wait until the other's threads sleep, of the medians: what spinning threads would make of a comparison.
/// LeNet. And `wait_ms`, the median wait.
void step_after_another(benchmark::State& state, const std::string& other, const std::string& backend) {
  const Model model = load("lenet");
  if (find_backend(other) == nullptr || find_backend(backend) == nullptr) {
    state.SkipWithError("a backend that is not built");
    return;
  }
  const PrepareOptions options{Pass::forward, 64, all_threads(), 1};
  const std::unique_ptr<Program> before = find_backend(other)->prepare(model, options);
  const std::unique_ptr<Program> program = find_backend(backend)->prepare(model, options);
  SteadyClock clock;
  const std::unique_ptr<ConditionsProbe> probe = make_conditions_probe(clock, all_threads());
  const int process[] = {this_process()};
  std::vector<double> settled;
  std::vector<double> unsettled;
  std::vector<double> waits;
  const auto timed_step = [&](bool wait) {
    before->step();
    if (wait) waits.push_back(probe->settle(process, ConditionsProbe::Before::block).seconds);
    const double start = clock.now();
    program->step();
    return clock.now() - start;
  };
  for (auto _ : state) {
    unsettled.push_back(timed_step(false));
    settled.push_back(timed_step(true));
    state.SetIterationTime(settled.back());
  }
  state.counters["unsettled_over_settled"] = median(unsettled) / median(settled);
  state.counters["wait_ms"] = 1e3 * median(waits);
}

BENCHMARK_CAPTURE(network_against_bare_loop, forward, Pass::forward)
    ->Arg(4)
    ->Iterations(15)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(network_against_bare_loop, forward_backward, Pass::forward_backward)
    ->Arg(4)
    ->Iterations(9)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(step_after_another, xnnpack_after_onednn, "onednn", "xnnpack")
    ->Iterations(201)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(step_after_another, onednn_after_xnnpack, "xnnpack", "onednn")
    ->Iterations(201)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(step_after_canaries)->Iterations(301)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(measuring_loop_overhead)->Iterations(51)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace cnnbench
