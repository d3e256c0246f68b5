#include "harness/measure/runner.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <new>

#include "harness/measure/make_record.h"
#include "harness/measure/timed_program.h"
#include "harness/measure/verification.h"

namespace cnnbench {
namespace {

constexpr double most_unattributed = 0.05;  // of the network's time; more is flagged

/// One experiment on its way through its phases. Every rank takes the same path: what may go differently on
/// one rank (preparing, verifying) is agreed upon before anybody goes on.
class Runner {
 public:
  Runner(const Experiment& experiment, Cluster& cluster, Clock& clock, const ClockCost& clock_cost,
         const Observer& observer)
      : experiment_(experiment),
        model_(*experiment.model),
        cluster_(cluster),
        clock_(clock),
        clock_cost_(clock_cost),
        observer_(observer) {}

  Findings run() {
    for (const Backend* backend : experiment_.backends) {
      prepare_and_verify(*backend);
      findings_.interrupted = cluster_.max(interrupted() ? 1 : 0) != 0;
      if (findings_.interrupted) return std::move(findings_);
    }
    if (!experiment_.measure || contestants_.empty()) return std::move(findings_);
    for (const View view : experiment_.views) {
      if (findings_.interrupted) break;
      switch (view) {
        case View::network:
          measure_network();
          break;
        case View::layers:
          measure_layers();
          break;
        case View::isolated:
          measure_isolated();
          break;
        case View::prefix:
          measure_prefixes();
          break;
      }
      if (observer_.view_done && cluster_.is_root()) observer_.view_done(view, findings_);
    }
    return std::move(findings_);
  }

 private:
  struct Contestant {
    const Backend* backend;
    std::unique_ptr<Program> program;
  };

  void phase(const std::string& what) const {
    if (observer_.phase && cluster_.is_root()) observer_.phase(what);
  }

  void fail(const Backend& backend, const std::string& layer, const std::string& reason,
            const std::string& message) {
    findings_.failures.push_back(
        {model_.name, std::string(to_string(experiment_.pass)), backend.name(), layer, reason, message});
  }

  bool selected(const std::string& layer) const {
    return !experiment_.layers || std::regex_search(layer, *experiment_.layers);
  }

  PrepareOptions options() const {
    return {experiment_.pass, experiment_.batch, experiment_.threads, experiment_.seed};
  }

  /// A program on every rank, or a Failure and nothing.
  std::unique_ptr<Program> prepare(const Backend& backend, const Model& model, double* seconds,
                                   bool takes_images) {
    std::unique_ptr<Program> program;
    std::string message;
    const double start = clock_.now();
    try {
      program = backend.prepare(model, options());
      if (takes_images && !experiment_.input.empty()) program->write(0, Tensor::input, experiment_.input);
    } catch (const std::bad_alloc&) {
      message = "out of memory while preparing";
    } catch (const std::exception& error) {
      message = error.what();
    }
    const double local[] = {clock_.now() - start};
    const std::vector<double> all = cluster_.gather(local);
    if (seconds != nullptr && !all.empty()) *seconds = *std::max_element(all.begin(), all.end());
    if (program && !message.empty()) program.reset();
    if (agree(cluster_, program != nullptr, message) && agree_on_operations(*program, message))
      return program;
    fail(backend, model.layers.size() == 1 ? model.layers[0].name : "", "error", message);
    return nullptr;
  }

  /// Ranks of different CPUs may choose different operations; then the parts of their steps are not the same
  /// things, and parameters would not be exchangeable.
  bool agree_on_operations(Program& program, std::string& message) {
    std::string mine = std::to_string(program.parameters().size());
    for (const Operation& operation : program.operations())
      mine += ";" + std::to_string(operation.layer) + " " + std::string(to_string(operation.direction));
    const bool same = cluster_.broadcast(mine) == mine;
    message =
        same ? "" : "its operations differ from those of rank 0: the ranks' CPUs or thread counts differ";
    return agree(cluster_, same, message);
  }

  void prepare_and_verify(const Backend& backend) {
    bool supported = true;
    for (const ModelLayer& layer : model_.layers) {
      const std::string reason = backend.unsupported(layer, experiment_.pass);
      if (reason.empty()) continue;
      fail(backend, layer.name, "unsupported", reason);
      supported = false;
    }
    if (!supported) return;

    phase("preparing");
    Setup setup{model_.name, std::string(to_string(experiment_.pass)), backend.name(), 0, 0, {}};
    std::unique_ptr<Program> program = prepare(backend, model_, &setup.prepare_seconds, true);
    if (!program) return;
    setup.parameters_mib = static_cast<double>(program->parameters().size_bytes()) / (1 << 20);
    findings_.setups.push_back(setup);
    if (observer_.prepared && cluster_.is_root()) observer_.prepared(backend, *program);
    if (experiment_.verify && !verified(backend, *program)) return;
    contestants_.push_back({&backend, std::move(program)});
  }

  bool verified(const Backend& backend, Program& program) {
    phase("verifying");
    std::string message;
    try {
      VerificationOptions settings;
      settings.images = experiment_.input;
      for (Check& check :
           verify(program, model_, options(), *find_backend("reference")->oracle(), settings)) {
        check.model = model_.name;
        check.pass = to_string(experiment_.pass);
        check.backend = backend.name();
        if (!check.passed && message.empty())
          message = check.layer + " " + check.tensor + ", " + check.message;
        findings_.checks.push_back(std::move(check));
      }
    } catch (const std::exception& error) {
      message = std::string("verification could not run: ") + error.what();
    }
    if (agree(cluster_, message.empty(), message)) return true;
    fail(backend, "", "verification", message);
    return false;
  }

  RecordContext context(const Backend& backend, View view) const {
    return {model_.name,       experiment_.pass, backend.name(),      std::string(to_string(view)),
            experiment_.batch, cluster_.size(),  experiment_.threads, experiment_.timing,
            clock_cost_};
  }

  std::vector<Samples> time(const std::vector<TimedStep>& steps, const std::vector<const Backend*>& backends,
                            View view, const std::string& label) {
    const Progress progress = [&](std::size_t subject, std::int64_t step, std::int64_t most, double seconds) {
      if (observer_.step) observer_.step(view, label, backends[subject]->name(), step, most, seconds);
    };
    std::vector<Samples> samples = measure(steps, experiment_.timing, cluster_, progress);
    for (const Samples& sample : samples)
      findings_.interrupted = findings_.interrupted || sample.stop_reason == StopReason::interrupted;
    return samples;
  }

  std::vector<const Backend*> contesting() const {
    std::vector<const Backend*> backends;
    for (const Contestant& contestant : contestants_) backends.push_back(contestant.backend);
    return backends;
  }

  void keep(std::optional<Record> record) {
    if (record) findings_.records.push_back(std::move(*record));
  }

  void measure_network() {
    phase("timing the network");
    std::vector<TimedStep> steps;
    for (const Contestant& contestant : contestants_)
      steps.push_back(time_whole_step(*contestant.program, clock_));
    const std::vector<Samples> samples = time(steps, contesting(), View::network, "");
    if (!cluster_.is_root()) return;
    for (std::size_t i = 0; i < samples.size(); ++i)
      keep(whole_step_record(context(*contestants_[i].backend, View::network), model_, samples[i]));
  }

  void measure_layers() {
    phase("timing the layers");
    std::vector<TimedStep> steps;
    for (const Contestant& contestant : contestants_)
      steps.push_back(time_operations(*contestant.program, clock_));
    const std::vector<Samples> samples = time(steps, contesting(), View::layers, "");
    if (!cluster_.is_root()) return;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      const Contestant& contestant = contestants_[i];
      const std::vector<OperationGroup> groups = group_operations(*contestant.program);
      for (std::size_t part = 0; part < groups.size(); ++part)
        if (selected(layer_name(groups[part].layer)))
          keep(layer_record(context(*contestant.backend, View::layers), model_, groups[part], samples[i],
                            part));
      attribute(*contestant.backend, samples[i]);
    }
  }

  std::string layer_name(int layer) const {
    return layer < static_cast<int>(model_.layers.size())
               ? model_.layers[static_cast<std::size_t>(layer)].name
               : "loss";
  }

  /// Compares the sum of the layers with the network view, where that was measured.
  void attribute(const Backend& backend, const Samples& layers) {
    if (layers.per_rank.empty() || layers.per_rank[0].empty()) return;
    const auto network =
        std::find_if(findings_.records.begin(), findings_.records.end(), [&](const Record& record) {
          return record.backend == backend.name() && record.view == to_string(View::network);
        });
    if (network == findings_.records.end()) return;
    const double share = 1 - median_step(layers) / network->summary.median;
    if (std::abs(share) > most_unattributed)
      network->flags.push_back("the layers' times add up to " +
                               std::to_string(static_cast<int>(std::lround(100 * (1 - share)))) +
                               " % of the network's time");
    for (Setup& setup : findings_.setups)
      if (setup.backend == backend.name()) setup.unattributed_share = share;
  }

  /// One program a backend of another model than the network; empty where a backend fails.
  std::vector<Contestant> prepare_all(const Model& model, bool takes_images) {
    std::vector<Contestant> all;
    for (const Contestant& contestant : contestants_)
      if (std::unique_ptr<Program> program = prepare(*contestant.backend, model, nullptr, takes_images))
        all.push_back({contestant.backend, std::move(program)});
    return all;
  }

  void measure_isolated() {
    phase("timing layers alone");
    for (int i = 0; i < static_cast<int>(model_.layers.size()) && !findings_.interrupted; ++i) {
      if (!selected(layer_name(i))) continue;
      const Model alone = single_layer(model_, i);
      const std::vector<Contestant> all = prepare_all(alone, i == 0);
      std::vector<TimedStep> steps;
      std::vector<const Backend*> backends;
      for (const Contestant& contestant : all) {
        if (!runs_anything(*contestant.program)) continue;
        steps.push_back(time_operations(*contestant.program, clock_));
        backends.push_back(contestant.backend);
      }
      const std::vector<Samples> samples = time(steps, backends, View::isolated, layer_name(i));
      if (!cluster_.is_root()) continue;
      std::size_t next = 0;
      for (const Contestant& contestant : all) {
        if (!runs_anything(*contestant.program)) continue;
        const std::vector<OperationGroup> groups = group_operations(*contestant.program);
        for (std::size_t part = 0; part < groups.size(); ++part)
          if (groups[part].layer == 0)  // the loss is there only to give a gradient
            keep(layer_record(context(*contestant.backend, View::isolated), alone, groups[part],
                              samples[next], part));
        ++next;
      }
    }
  }

  static bool runs_anything(const Program& program) {
    return std::any_of(program.operations().begin(), program.operations().end(),
                       [](const Operation& operation) { return operation.layer == 0; });
  }

  void measure_prefixes() {
    phase("timing prefixes");
    for (int count = 1; count <= static_cast<int>(model_.layers.size()) && !findings_.interrupted; ++count) {
      const ModelLayer& last = model_.layers[static_cast<std::size_t>(count - 1)];
      if (!selected(last.name)) continue;
      const Model cut = prefix(model_, count);
      const std::vector<Contestant> all = prepare_all(cut, true);
      std::vector<TimedStep> steps;
      std::vector<const Backend*> backends;
      for (const Contestant& contestant : all) {
        steps.push_back(time_whole_step(*contestant.program, clock_));
        backends.push_back(contestant.backend);
      }
      const std::vector<Samples> samples = time(steps, backends, View::prefix, last.name);
      if (!cluster_.is_root()) continue;
      for (std::size_t i = 0; i < samples.size(); ++i) {
        std::optional<Record> record =
            whole_step_record(context(*backends[i], View::prefix), cut, samples[i]);
        if (!record) continue;
        record->layer = last.name;
        record->kind = kind_name(last.kind);
        record->output = to_string(last.output);
        keep(std::move(record));
      }
    }
  }

  const Experiment& experiment_;
  const Model& model_;
  Cluster& cluster_;
  Clock& clock_;
  const ClockCost& clock_cost_;
  const Observer& observer_;
  std::vector<Contestant> contestants_;
  Findings findings_;
};

}  // namespace

std::string_view to_string(View view) {
  switch (view) {
    case View::network:
      return "network";
    case View::layers:
      return "layers";
    case View::isolated:
      return "isolated";
    case View::prefix:
      return "prefix";
  }
  return "";
}

Findings run_experiment(const Experiment& experiment, Cluster& cluster, Clock& clock,
                        const ClockCost& clock_cost, const Observer& observer) {
  return Runner(experiment, cluster, clock, clock_cost, observer).run();
}

}  // namespace cnnbench
