// A library that is wrong in one operation is a finding of that operation, and its next implementation is
// measured.
#include <algorithm>
#include <stdexcept>

#include "harness/backend/choice.h"
#include "harness/measure/suspects.h"
#include "tests/harness/measure/runner_fixture.h"

namespace cnnbench {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

bool is_distrusted(const PrepareOptions& options, const Distrusted& one) {
  return std::find(options.distrusted.begin(), options.distrusted.end(), one) != options.distrusted.end();
}

/// The reference as a library with several implementations of one operation, in this order, some of which are
/// wrong: they change a tensor.
struct Library {
  std::string layer = "dense";
  Direction direction = Direction::forward;
  std::vector<std::string> names;
  std::vector<std::string> wrong;
  Tensor tensor = Tensor::output;
  bool obeys = true;  ///< whether it leaves out what it is told to

  FakeBackend::Prepare prepare() const {
    return [this](const Model& m, const PrepareOptions& o) -> std::unique_ptr<Program> {
      std::string taken;
      for (const std::string& name : names)
        if (taken.empty() && !(obeys && is_distrusted(o, {layer, direction, name}))) taken = name;
      if (taken.empty()) throw std::runtime_error("there is no other");
      return std::make_unique<Renamed>(find_backend("reference")->prepare(m, o), m, *this, taken);
    };
  }

  class Renamed final : public Program {
   public:
    Renamed(std::unique_ptr<Program> truth, const Model& model, const Library& library,
            const std::string& taken)
        : truth_(std::move(truth)), tensor_(library.tensor), operations_(truth_->operations()) {
      wrong_ = std::find(library.wrong.begin(), library.wrong.end(), taken) != library.wrong.end();
      for (Operation& operation : operations_)
        if (layer_name(model, operation.layer) == library.layer && operation.direction == library.direction) {
          operation.implementation = taken;
          layer_ = operation.layer;
        }
    }
    const std::vector<Operation>& operations() const override { return operations_; }
    void run(std::size_t operation) override { truth_->run(operation); }
    void read(int layer, Tensor tensor, std::span<float> plain) override {
      truth_->read(layer, tensor, plain);
      if (wrong_ && layer == layer_ && tensor == tensor_) plain[3] += 1;
    }
    void write(int layer, Tensor tensor, std::span<const float> plain) override {
      truth_->write(layer, tensor, plain);
    }
    double loss() const override { return truth_->loss(); }
    std::span<float> parameters() override { return truth_->parameters(); }
    std::span<float> gradients() override { return truth_->gradients(); }

   private:
    std::unique_ptr<Program> truth_;
    Tensor tensor_;
    std::vector<Operation> operations_;
    int layer_ = -1;
    bool wrong_ = false;
  };
};

class Distrust : public RunExperiment {
 protected:
  Distrust() {
    model = verified_model();
    experiment.verify = true;
  }
  const Backend& reference() const { return *find_backend("reference"); }
};

TEST_F(Distrust, MeasuresTheNextImplementationOfAnOperationThatIsWrongAndTellsBoth) {
  const Library library{.names = {"fast", "sure"}, .wrong = {"fast"}};
  const FakeBackend backend("library", library.prepare());

  const Findings findings = run({&backend, &reference()}, {View::layers});
  const BackendReport& found = findings.report.backends[0];

  EXPECT_EQ(findings.report.pass, Pass::forward_backward);
  EXPECT_EQ(found.name, "library");
  EXPECT_THAT(found.failures, IsEmpty());
  ASSERT_EQ(found.library_faults.size(), 1U);
  const LibraryFault& fault = found.library_faults[0];
  EXPECT_EQ(fault.layer, "dense");
  EXPECT_EQ(fault.operation, LibraryFault::Operation(Direction::forward));
  EXPECT_EQ(fault.implementation, "fast");
  EXPECT_EQ(fault.replaced_by, "sure");
  EXPECT_EQ(found_by(fault), "verification");
  EXPECT_THAT(fault.message, ::testing::StartsWith("dense output, element 3: found "));
  for (const Check& check : found.checks)
    EXPECT_TRUE(check.passed) << check.layer << " " << tensor_name(check.tensor);
  const auto records = found.records(View::layers);
  const auto measured = std::find_if(records.begin(), records.end(), [](const Record& r) {
    return r.layer == "dense" && r.direction == Direction::forward;
  });
  ASSERT_NE(measured, records.end());
  EXPECT_EQ(measured->implementation, "sure");
  for (const BackendReport& backend_found : findings.report.backends) EXPECT_TRUE(backend_found.setup);
}

TEST_F(Distrust, GoesOnToTheThirdWhereTheSecondIsWrongToo) {
  const Library library{.names = {"fast", "odd", "sure"}, .wrong = {"fast", "odd"}};
  const FakeBackend backend("library", library.prepare());

  const BackendReport found = run(backend, {View::network});

  EXPECT_THAT(found.failures, IsEmpty());
  ASSERT_EQ(found.library_faults.size(), 2U);
  EXPECT_EQ(found.library_faults[0].implementation, "fast");
  EXPECT_EQ(found.library_faults[1].implementation, "odd");
  for (const LibraryFault& fault : found.library_faults) EXPECT_EQ(fault.replaced_by, "sure");
}

TEST_F(Distrust, SuspectsEveryDirectionThatMayHaveMadeATensor) {
  const Library library{.direction = Direction::backward_weights,
                        .names = {"fast", "sure"},
                        .wrong = {"fast"},
                        .tensor = Tensor::input_gradient};
  const FakeBackend backend("library", library.prepare());

  const BackendReport found = run(backend, {View::network});

  EXPECT_THAT(found.failures, IsEmpty());
  ASSERT_EQ(found.library_faults.size(), 1U);
  EXPECT_EQ(found.library_faults[0].operation, LibraryFault::Operation(Direction::backward_weights));
}

TEST_F(Distrust, IsAFailureOfThatBackendAloneWhereThereIsNoOther) {
  for (const bool obeys : {true, false}) {
    const Library library{.names = {"fast"}, .wrong = {"fast"}, .obeys = obeys};
    const FakeBackend backend("library", library.prepare());

    const Findings findings = run({&backend, &reference()}, {View::network});
    const BackendReport& found = findings.report.backends[0];

    ASSERT_EQ(found.failures.size(), 1U);
    EXPECT_EQ(found.failures[0].reason, Failure::Reason::verification);
    EXPECT_THAT(found.failures[0].message, ::testing::StartsWith("dense output, element 3: found "));
    EXPECT_THAT(found.library_faults, IsEmpty());
    EXPECT_THAT(found.views, IsEmpty());
    EXPECT_THAT(findings.report.backends[1].failures, IsEmpty());
    EXPECT_EQ(findings.report.backends[1].records(View::network).size(), 1U);
  }
}

TEST_F(Distrust, GivesUpAfterAFewImplementations) {
  Library library;
  for (int i = 0; i < 100; ++i) library.names.push_back("kind " + std::to_string(i));
  library.wrong = library.names;
  const FakeBackend backend("library", library.prepare());

  const BackendReport found = run(backend, {View::network});

  EXPECT_EQ(found.failures.size(), 1U);
  EXPECT_LT(backend.prepared.size(), 20U);
}

TEST_F(Distrust, HoldsForLayersAloneToo) {
  const Library library{.names = {"fast", "sure"}, .wrong = {"fast"}};
  const FakeBackend backend("library", library.prepare());

  const BackendReport found = run(backend, {View::isolated});

  for (const Record& record : found.records(View::isolated))
    if (record.layer == "dense" && record.direction == Direction::forward) {
      EXPECT_EQ(record.implementation, "sure");
    }
}

/// oneDNN itself, with a first choice for one operation that somebody spoils.
TEST_F(Distrust, TakesTheNextImplementationThatOneDnnHas) {
  const Backend& onednn = *find_backend("onednn");
  struct Case {
    std::string layer;
    Direction direction;
    Tensor tensor;
  };
  for (const Case& one : {Case{"conv", Direction::forward, Tensor::output},
                          Case{"conv", Direction::backward_weights, Tensor::weights_gradient},
                          Case{"pool", Direction::forward, Tensor::output},
                          Case{"dense", Direction::backward_data, Tensor::input_gradient}}) {
    std::string first;
    const FakeBackend spoilt("spoilt", [&](const Model& m, const PrepareOptions& o) {
      auto program = std::make_unique<FaultyProgram>(onednn.prepare(m, o));
      for (const Operation& operation : program->operations()) {
        const std::string layer = layer_name(m, operation.layer);
        if (layer != one.layer || operation.direction != one.direction) continue;
        if (first.empty()) first = operation.implementation;
        if (operation.implementation != first) continue;
        program->change = [&, index = operation.layer](int l, Tensor tensor, std::span<float> plain) {
          if (l == index && tensor == one.tensor) plain[3] += 1;
        };
      }
      return program;
    });

    const BackendReport found = run(spoilt, {});

    for (const Failure& failure : found.failures) ADD_FAILURE() << one.layer << ": " << failure.message;
    ASSERT_EQ(found.library_faults.size(), 1U) << one.layer;
    EXPECT_EQ(found.library_faults[0].layer, one.layer);
    EXPECT_EQ(found.library_faults[0].implementation, first);
    EXPECT_THAT(found.library_faults[0].replaced_by, ::testing::Not(::testing::AnyOf("", first)));
  }
}

TEST(Suspects, AreTheOperationsThatMakeATensorAndReordersAfterThem) {
  class Three final : public Program {
   public:
    const std::vector<Operation>& operations() const override { return operations_; }
    void run(std::size_t) override {}
    void read(int, Tensor, std::span<float>) override {}
    void write(int, Tensor, std::span<const float>) override {}
    double loss() const override { return 0; }
    std::span<float> parameters() override { return {}; }
    std::span<float> gradients() override { return {}; }

   private:
    std::vector<Operation> operations_{
        {0, Direction::reorder, "uni"},          {0, Direction::forward, "jit"},
        {1, Direction::forward, "jit"},          {0, Direction::backward_data, "jit"},
        {0, Direction::backward_weights, "jit"}, {0, Direction::reorder, "uni"}};
  };
  const Model model = network();
  const Three program;

  EXPECT_THAT(suspects(program, model, {"pool", Tensor::output}), ElementsAre(1, 0));
  EXPECT_THAT(suspects(program, model, {"conv", Tensor::output}), ElementsAre(2));
  EXPECT_THAT(suspects(program, model, {"pool", Tensor::input_gradient}), ElementsAre(3, 4, 0));
  EXPECT_THAT(suspects(program, model, {"pool", Tensor::output_gradient}), ElementsAre(0));
  EXPECT_THAT(suspects(program, model, {"pool", Tensor::weights}), IsEmpty());
}

}  // namespace
}  // namespace cnnbench
