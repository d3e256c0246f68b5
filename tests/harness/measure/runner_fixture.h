#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "harness/measure/runner.h"
#include "tests/harness/measure/fake_backend.h"

namespace cnnbench {

/// pool → conv → relu → flatten → dense: the convolution is the first with parameters.
inline Model network() {
  return build_model("net", "", {2, 8, 8},
                     {{"pool", Pooling{PoolKind::max, {2, 2}, {2, 2}, {}, Border::drop}},
                      {"conv", Convolution{.filters = 3, .kernel = {3, 3}, .padding = {}}},
                      {"relu", ActivationLayer{Activation::relu}},
                      {"flat", Flatten{}},
                      {"dense", Dense{.units = 2}}},
                     Loss::l2);
}

class RunExperiment : public ::testing::Test {
 protected:
  /// A program whose operations are those that its layers have, each of a second; the loss takes two.
  std::unique_ptr<Program> scripted(const Model& m, Pass pass) {
    std::vector<ScriptedProgram::Script> script;
    const int layers = static_cast<int>(m.layers.size());
    const auto add = [&](int layer, Direction direction) {
      const auto index = static_cast<std::size_t>(layer);
      if (layer == layers) return script.push_back({{layer, direction, "sum"}, 2});
      if (std::holds_alternative<Flatten>(m.layers[index].kind)) return;
      if (has_direction(m.layers[index], direction)) script.push_back({{layer, direction, "loop"}, 1});
    };
    for (int i = 0; i < layers; ++i) add(i, Direction::forward);
    if (pass != Pass::forward) add(layers, Direction::forward);
    for (int i = layers - 1; i >= 0 && pass != Pass::forward; --i) {
      add(i, Direction::backward_weights);
      add(i, Direction::backward_data);
    }
    auto program = std::make_unique<ScriptedProgram>(clock, script);
    trace = program->trace;
    return program;
  }

  FakeBackend::Prepare plain() {
    return [this](const Model& m, const PrepareOptions& o) { return scripted(m, o.pass); };
  }

  Findings run(const std::vector<const Backend*>& backends, const std::vector<View>& views) {
    experiment.model = &model;
    experiment.backends = backends;
    experiment.views = views;
    return run_experiment(experiment, *cluster, clock, {}, observer);
  }

  /// What is found about a backend alone.
  BackendReport run(const Backend& backend, const std::vector<View>& views) {
    return run({&backend}, views).report.backends.at(0);
  }

  static Experiment quick() {
    Experiment e;
    e.pass = Pass::forward_backward;
    e.batch = 4;
    e.timing = {1, 3, 0, 0};
    e.verify = false;
    return e;
  }

  /// Those of all backends and views.
  static std::vector<Record> records(const Findings& findings) {
    std::vector<Record> all;
    for (const BackendReport& backend : findings.report.backends)
      for (const auto& [view, found] : backend.views)
        all.insert(all.end(), found.records.begin(), found.records.end());
    return all;
  }

  /// "layer direction" of all records of a view.
  static std::vector<std::string> names(const BackendReport& report, View view) {
    std::vector<std::string> list;
    for (const Record& record : report.records(view))
      list.push_back(record.layer + " " +
                     (record.direction ? std::string(to_string(*record.direction)) : "step"));
    return list;
  }

  FakeClock clock;
  SingleRank single;
  Cluster* cluster = &single;
  Model model = network();
  Experiment experiment = quick();
  Observer observer;
  std::shared_ptr<ScriptedProgram::Trace> trace;  ///< of the program prepared last
};

}  // namespace cnnbench
