#include "harness/measure/runner.h"
#include "harness/backend/choice.h"

#include <new>
#include <stdexcept>

#include "tests/harness/measure/runner_fixture.h"

namespace cnnbench {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_F(RunExperiment, TurnsAnUnsupportedLayerIntoAFailureAndGoesOnWithTheOthers) {
  FakeBackend weak("weak", plain());
  weak.why_not = [](const ModelLayer& layer, Pass) { return layer.name == "conv" ? "no kernel for it" : ""; };
  const FakeBackend strong("strong", plain());

  const Findings findings = run({&weak, &strong}, {View::network});

  const BackendReport& without = findings.report.backends.at(0);
  EXPECT_EQ(findings.report.pass, Pass::forward_backward);
  EXPECT_EQ(without.name, "weak");
  ASSERT_EQ(without.failures.size(), 1U);
  const Failure& failure = without.failures[0];
  EXPECT_EQ(failure.layer, "conv");
  EXPECT_EQ(failure.reason, Failure::Reason::unsupported);
  EXPECT_EQ(failure.message, "no kernel for it");
  EXPECT_THAT(weak.prepared, IsEmpty());
  EXPECT_THAT(without.views, IsEmpty());
  EXPECT_THAT(findings.report.backends.at(1).failures, IsEmpty());
  EXPECT_EQ(findings.report.backends[1].records(View::network).size(), 1U);
}

TEST_F(RunExperiment, TurnsAnExceptionOfPreparingIntoAFailure) {
  const FakeBackend broken("broken", [](const Model&, const PrepareOptions&) -> std::unique_ptr<Program> {
    throw std::runtime_error("no primitive");
  });
  const FakeBackend greedy("greedy", [](const Model&, const PrepareOptions&) -> std::unique_ptr<Program> {
    throw std::bad_alloc();
  });

  const Findings findings = run({&broken, &greedy}, {View::network, View::layers});

  std::vector<std::string> messages;
  for (const BackendReport& backend : findings.report.backends) {
    for (const Failure& failure : backend.failures) messages.push_back(failure.message);
    EXPECT_THAT(backend.views, IsEmpty());
    EXPECT_FALSE(backend.setup);
  }
  EXPECT_THAT(messages, ElementsAre("no primitive", "out of memory while preparing"));
  EXPECT_EQ(findings.report.backends[0].failures[0].reason, Failure::Reason::error);
}

/// Rank 0 of two or another rank, which is told what it should not be told.
class ToldOtherwise final : public FakeCluster {
 public:
  using FakeCluster::FakeCluster;
  std::string broadcast(const std::string& text) override {
    return text.size() == 16 ? "0123456789abcdef" : text;  // the parameters' hash
  }
};

TEST_F(RunExperiment, FailsWhereParametersAreNotThoseOfRank0) {
  model = verified_model();
  experiment.verify = true;
  ToldOtherwise told(0, 1);
  cluster = &told;

  const BackendReport found = run(*find_backend("reference"), {View::network});

  ASSERT_EQ(found.failures.size(), 1U);
  EXPECT_EQ(found.failures[0].reason, Failure::Reason::verification);
  EXPECT_THAT(found.failures[0].message,
              ::testing::MatchesRegex("its parameters \\(hash [0-9a-f]{16}\\) are not those of rank 0 "
                                      "\\(hash 0123456789abcdef\\)"));
  EXPECT_THAT(found.views, IsEmpty());
}

TEST_F(RunExperiment, KeepsAHashOfTheParametersThatComesFromTheSeed) {
  model = verified_model();
  experiment.verify = true;
  const std::string one = run(*find_backend("reference"), {}).setup.value().parameters_hash;
  const std::string same = run(*find_backend("reference"), {}).setup.value().parameters_hash;
  experiment.seed += 1;
  const std::string other = run(*find_backend("reference"), {}).setup.value().parameters_hash;

  EXPECT_EQ(one.size(), 16U);
  EXPECT_EQ(one, same);
  EXPECT_NE(one, other);
}

TEST_F(RunExperiment, TellsTwoChangedSignsByTheHashOfTheParameters) {
  model = verified_model();
  experiment.verify = true;
  const Backend& reference = *find_backend("reference");
  const FakeBackend negated("negated", [&](const Model& m, const PrepareOptions& o) {
    auto program = reference.prepare(m, o);
    for (const std::size_t i : {1U, 3U}) program->parameters()[i] *= -1;
    return program;
  });

  const Findings findings = run({&reference, &negated}, {});

  const std::vector<BackendReport>& found = findings.report.backends;
  EXPECT_NE(found.at(0).setup.value().parameters_hash, found.at(1).setup.value().parameters_hash);
}

TEST_F(RunExperiment, DoesNotTimeWhatFailsVerification) {
  model = verified_model();
  experiment.verify = true;
  const Backend& reference = *find_backend("reference");
  const FakeBackend wrong("wrong", [&](const Model& m, const PrepareOptions& o) {
    auto faulty = std::make_unique<FaultyProgram>(reference.prepare(m, o));
    faulty->change = [](int layer, Tensor tensor, std::span<float> plain) {
      if (layer == 4 && tensor == Tensor::weights_gradient) plain[3] += 1;
    };
    return faulty;
  });
  int timed = 0;
  observer.step = [&](View, const std::string&, const std::string& backend, std::int64_t, std::int64_t,
                      double) { timed += backend == "wrong" ? 1 : 0; };

  const Findings findings = run({&wrong, &reference}, {View::network});

  const BackendReport& of_wrong = findings.report.backends.at(0);
  const BackendReport& of_reference = findings.report.backends.at(1);
  ASSERT_EQ(of_wrong.failures.size(), 1U);
  EXPECT_EQ(of_wrong.failures[0].reason, Failure::Reason::verification);
  EXPECT_THAT(of_wrong.failures[0].message,
              ::testing::StartsWith("dense weights_gradient, element 3: found "));
  EXPECT_EQ(timed, 0);
  EXPECT_THAT(of_wrong.views, IsEmpty());
  EXPECT_THAT(of_reference.failures, IsEmpty());
  EXPECT_EQ(of_reference.records(View::network).size(), 1U);
  for (const Check& check : of_wrong.checks)
    EXPECT_EQ(check.passed, !(check.tensor == Tensor::weights_gradient && check.layer == "dense"));
  EXPECT_EQ(of_wrong.checks.size(), of_reference.checks.size());
  EXPECT_THAT(of_reference.checks, ::testing::Each(::testing::Field(&Check::passed, true)));
}

TEST_F(RunExperiment, OnlyVerifiesWhereMeasuringIsOff) {
  model = verified_model();
  experiment.verify = true;
  experiment.measure = false;

  const BackendReport found = run(*find_backend("reference"), {View::network});

  EXPECT_THAT(found.views, IsEmpty());
  EXPECT_THAT(found.checks, ::testing::Each(::testing::Field(&Check::passed, true)));
  EXPECT_FALSE(found.checks.empty());
  EXPECT_TRUE(found.setup);
}

TEST_F(RunExperiment, GivesTheImagesToTheProgramAndTellsWhatItPrepared) {
  const FakeBackend backend("fake", plain());
  experiment.input.assign(4 * 2 * 8 * 8, 0.25F);
  std::vector<std::string> told;
  observer.prepared = [&](const Backend& b, Program&) { told.push_back(b.name()); };

  const BackendReport found = run(backend, {View::network});

  EXPECT_EQ(trace->written, experiment.input);
  EXPECT_THAT(told, ElementsAre("fake"));
  EXPECT_EQ(found.setup.value().parameters_mib, 1);
}

TEST_F(RunExperiment, MeasuresPreparingOnTheSlowestRank) {
  const FakeBackend backend("fake", [&](const Model& m, const PrepareOptions& o) {
    clock.advance(3);
    return scripted(m, o.pass);
  });
  FakeCluster two(0, 2);
  two.others = [](int, std::size_t call, std::span<const double> own) {
    std::vector<double> theirs(own.begin(), own.end());
    if (call == 0) theirs[0] += 4;
    return theirs;
  };
  cluster = &two;

  const BackendReport found = run(backend, {View::network});

  EXPECT_EQ(found.setup.value().prepare_seconds, 7);
  EXPECT_EQ(found.records(View::network)[0].ranks, 2);
  EXPECT_EQ(found.records(View::network)[0].per_rank.size(), 2U);
}

/// Its convolution (layer 1) transforms; writing weights takes as many seconds as there are.
class TransformingProgram final : public Program {
 public:
  explicit TransformingProgram(FakeClock& clock) : clock_(clock) {}

  const std::vector<Operation>& operations() const override { return operations_; }
  void run(std::size_t) override { clock_.advance(1); }
  void read(int layer, Tensor, std::span<float> plain) override {
    clock_.advance(1000);
    std::fill(plain.begin(), plain.end(), static_cast<float>(layer));
  }
  void write(int layer, Tensor tensor, std::span<const float> plain) override {
    const auto same = [&](float value) { return value == static_cast<float>(layer); };
    if (tensor != Tensor::weights || !std::all_of(plain.begin(), plain.end(), same))
      throw std::logic_error("not what was read");
    clock_.advance(static_cast<double>(plain.size()));
  }

  double loss() const override { return 0; }
  std::span<float> parameters() override { return parameters_; }
  std::span<float> gradients() override { return {}; }

 private:
  FakeClock& clock_;
  std::vector<Operation> operations_{{1, Direction::forward, "winograd", "", Algorithm::winograd, 10.4},
                                     {4, Direction::forward, "jit"}};
  std::vector<float> parameters_ = std::vector<float>(4);
};

TEST_F(RunExperiment, TimesTheTransformOfWeightsApartInInference) {
  const FakeBackend backend("fake", [&](const Model&, const PrepareOptions&) {
    clock.advance(3);
    return std::make_unique<TransformingProgram>(clock);
  });

  experiment.pass = Pass::forward;
  const BackendReport inference = run(backend, {View::network});
  EXPECT_EQ(inference.setup.value().prepare_seconds, 3);
  EXPECT_EQ(inference.setup.value().weights_seconds, 3 * 2 * 3 * 3);  // not the dense layer's
  EXPECT_TRUE(inference.records(View::network)[0].direct_equivalent);

  experiment.pass = Pass::forward_backward;
  EXPECT_EQ(run(backend, {View::network}).setup.value().weights_seconds, std::nullopt);
}

TEST_F(RunExperiment, HasNoTransformOfWeightsWhereNothingTransforms) {
  experiment.pass = Pass::forward;
  const FakeBackend backend("fake", plain());
  const BackendReport found = run(backend, {View::network});
  EXPECT_EQ(found.setup.value().weights_seconds, std::nullopt);
  EXPECT_FALSE(found.records(View::network)[0].direct_equivalent);
}

TEST_F(RunExperiment, TakesTheSlowestRankOfEveryStep) {
  const FakeBackend backend("fake", plain());
  FakeCluster two(0, 2);
  two.others = [](int, std::size_t call, std::span<const double> own) {
    std::vector<double> theirs(own.begin(), own.end());
    if (call == 2) theirs[0] = 14;  // gathered before: preparing and the first step
    return theirs;
  };
  cluster = &two;

  const Record record = run(backend, {View::network}).views.at(View::network).records.at(0);

  EXPECT_THAT(record.samples, ElementsAre(10, 14, 10));
  EXPECT_EQ(record.per_rank[1].slowest_steps, 1);
  EXPECT_DOUBLE_EQ(record.imbalance.value(), 1.0);
}

TEST_F(RunExperiment, FreesABackendBeforeTheNextIsPreparedWhereTheyAreNotInterleaved) {
  int alive = 0;
  int most_alive = 0;
  const FakeBackend::Prepare counted = [&](const Model& m, const PrepareOptions& o) {
    class Program final : public cnnbench::Program {
     public:
      Program(std::unique_ptr<cnnbench::Program> inner, int& alive)
          : inner_(std::move(inner)), alive_(alive) {}
      ~Program() override { --alive_; }
      const std::vector<Operation>& operations() const override { return inner_->operations(); }
      void run(std::size_t operation) override { inner_->run(operation); }
      void read(int layer, Tensor tensor, std::span<float> plain) override {
        inner_->read(layer, tensor, plain);
      }
      void write(int, Tensor, std::span<const float>) override {}
      double loss() const override { return 0; }
      std::span<float> parameters() override { return inner_->parameters(); }
      std::span<float> gradients() override { return {}; }

     private:
      std::unique_ptr<cnnbench::Program> inner_;
      int& alive_;
    };
    most_alive = std::max(most_alive, ++alive);
    return std::make_unique<Program>(scripted(m, o.pass), alive);
  };
  const FakeBackend one("one", counted);
  const FakeBackend two("two", counted);
  std::vector<std::string> done;
  observer.view_done = [&](View, const std::vector<const BackendReport*>& backends, const Findings&) {
    for (const BackendReport* backend : backends) done.push_back(backend->name);
  };

  experiment.interleaved = false;
  const Findings apart = run({&one, &two}, {View::network, View::layers});

  EXPECT_EQ(most_alive, 1);
  EXPECT_EQ(alive, 0);
  EXPECT_THAT(done, ElementsAre("one", "one", "two", "two"));
  EXPECT_FALSE(apart.report.interleaved);
  experiment.interleaved = true;
  const Findings together = run({&one, &two}, {View::network, View::layers});
  for (const std::size_t i : {0U, 1U}) {
    EXPECT_TRUE(apart.report.backends.at(i).setup);
    for (const View view : {View::network, View::layers})
      EXPECT_EQ(names(together.report.backends.at(i), view), names(apart.report.backends[i], view));
  }
  EXPECT_EQ(most_alive, 2);
}

}  // namespace
}  // namespace cnnbench
