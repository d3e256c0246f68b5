#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/backend/backend.h"
#include "harness/backend/initial_values.h"
#include "tests/harness/measure/fakes.h"

namespace cnnbench {

/// A program that does nothing but let a fake clock run: so many seconds for every operation.
class ScriptedProgram final : public Program {
 public:
  struct Script {
    Operation operation;
    double seconds = 0;
  };

  ScriptedProgram(FakeClock& clock, std::vector<Script> script) : clock_(clock), script_(std::move(script)) {
    for (const Script& line : script_) operations_.push_back(line.operation);
  }

  const std::vector<Operation>& operations() const override { return operations_; }
  void run(std::size_t operation) override {
    trace->runs.push_back(operation);
    const double disturbed = 1 + trace->drift * clock_.elapsed();
    clock_.advance(script_.at(operation).seconds * disturbed);
  }
  void read(int, Tensor, std::span<float>) override {}
  void write(int, Tensor, std::span<const float> plain) override {
    trace->written.assign(plain.begin(), plain.end());
  }
  double loss() const override { return 0; }
  std::span<float> parameters() override { return parameters_; }
  std::span<float> gradients() override { return {}; }

  /// What is left of the program when it is gone, and what can be set while it is there.
  struct Trace {
    std::vector<std::size_t> runs;  ///< operations, in order
    std::vector<float> written;
    double drift = 0;  ///< every operation takes by this share longer for each second that has gone by
  };
  const std::shared_ptr<Trace> trace = std::make_shared<Trace>();

 private:
  FakeClock& clock_;
  std::vector<Script> script_;
  std::vector<Operation> operations_;
  std::vector<float> parameters_ = std::vector<float>(1 << 18);  // 1 MiB
};

/// Another program with faults: tensors that are changed as they are read, operations that do not run.
class FaultyProgram final : public Program {
 public:
  using Change = std::function<void(int layer, Tensor tensor, std::span<float> plain)>;
  using Skip = std::function<bool(const Operation& operation)>;

  explicit FaultyProgram(std::unique_ptr<Program> truth) : truth_(std::move(truth)) {
    operations_ = truth_->operations();
    for (std::size_t i = 0; i < operations_.size(); ++i) kept_.push_back(i);
  }

  Change change = [](int, Tensor, std::span<float>) {};
  Skip skip = [](const Operation&) { return false; };
  double added_loss = 0;

  /// Operations that the program does not have at all.
  void leave_out(const Skip& which) {
    std::vector<Operation> operations;
    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < operations_.size(); ++i) {
      if (which(operations_[i])) continue;
      operations.push_back(operations_[i]);
      kept.push_back(kept_[i]);
    }
    operations_ = std::move(operations);
    kept_ = std::move(kept);
  }

  Program& truth() { return *truth_; }

  const std::vector<Operation>& operations() const override { return operations_; }
  void run(std::size_t operation) override {
    if (!skip(operations_[operation])) truth_->run(kept_[operation]);
  }
  void read(int layer, Tensor tensor, std::span<float> plain) override {
    truth_->read(layer, tensor, plain);
    change(layer, tensor, plain);
  }
  void write(int layer, Tensor tensor, std::span<const float> plain) override {
    truth_->write(layer, tensor, plain);
  }
  double loss() const override { return truth_->loss() + added_loss; }
  std::span<float> parameters() override { return truth_->parameters(); }
  std::span<float> gradients() override { return truth_->gradients(); }

 private:
  std::unique_ptr<Program> truth_;
  std::vector<Operation> operations_;
  std::vector<std::size_t> kept_;
};

/// A backend made of two functions.
class FakeBackend final : public Backend {
 public:
  using Prepare = std::function<std::unique_ptr<Program>(const Model&, const PrepareOptions&)>;
  using Unsupported = std::function<std::string(const ModelLayer&, Pass)>;

  FakeBackend(std::string name, Prepare prepare) : name_(std::move(name)), prepare_(std::move(prepare)) {}

  Unsupported why_not = [](const ModelLayer&, Pass) { return std::string(); };
  mutable std::vector<Model> prepared;

  std::string name() const override { return name_; }
  std::string version() const override { return "0"; }
  std::string unsupported(const ModelLayer& layer, Pass pass) const override { return why_not(layer, pass); }
  std::unique_ptr<Program> prepare(const Model& model, const PrepareOptions& options) const override {
    prepared.push_back(model);
    return prepare_(model, options);
  }

 private:
  std::string name_;
  Prepare prepare_;
};

/// conv (ReLU) → max pool → dropout → flatten → dense → softmax over 16 channels.
inline Model verified_model(Loss loss = Loss::cross_entropy) {
  return build_model("small", "", {3, 8, 8},
                     {{"conv", Convolution{.filters = 16,
                                           .kernel = {3, 3},
                                           .padding_rule = PaddingRule::same,
                                           .padding = {},
                                           .activation = Activation::relu}},
                      {"pool", Pooling{PoolKind::max, {2, 2}, {2, 2}, {}, Border::drop}},
                      {"drop", Dropout{0.5}},
                      {"flatten", Flatten{}},
                      {"dense", Dense{.units = 10}},
                      {"softmax", Softmax{}}},
                     loss);
}

}  // namespace cnnbench
