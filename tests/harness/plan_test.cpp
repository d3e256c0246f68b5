#include "harness/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "harness/backend/choice.h"
#include "harness/machine/facts.h"
#include "harness/measure/npy.h"
#include "harness/memory.h"
#include "tests/harness/measure/scratch_folder.h"

namespace cnnbench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// What a call throws as UserError; empty where it throws nothing.
template <typename Call>
std::string user_error(Call call) {
  try {
    call();
    return "";
  } catch (const UserError& error) {
    return error.what();
  }
}

Config config_of(const std::string& name, std::int64_t units = 3, std::int64_t batch = 8) {
  NetworkConfig network;
  network.file = name + ".yaml";
  network.model = build_model(name, "", {2, 3, 3}, {{"fc", Dense{.units = units}}}, Loss::l2);
  network.batch = batch;
  network.run.passes = {Pass::forward, Pass::forward_backward};
  Config config;
  config.networks.push_back(std::move(network));
  return config;
}

TEST(BatchOf, IsTheConfigsOrTheCommandLinesOrAShareOfTheGlobalOne) {
  const NetworkConfig network = config_of("net").networks[0];
  Options options;
  EXPECT_EQ(batch_of(network, options, 4), 8);
  options.batch = 5;
  EXPECT_EQ(batch_of(network, options, 4), 5);
  options = {};
  options.global_batch = 12;
  EXPECT_EQ(batch_of(network, options, 4), 3);
}

TEST(BatchOf, RefusesAGlobalBatchThatDoesNotDivideAndSaysWhichDo) {
  const NetworkConfig network = config_of("net").networks[0];
  Options options;
  options.global_batch = 10;
  EXPECT_THAT(user_error([&] { batch_of(network, options, 4); }),
              HasSubstr("10 samples do not divide evenly over 4 ranks; 12 would"));
  options.global_batch = 3;
  EXPECT_THAT(user_error([&] { batch_of(network, options, 4); }), HasSubstr("4 would"));
}

TEST(TimingOf, TakesTheCommandLineBeforeTheConfigBeforeTheDefaults) {
  const TimingSettings defaults = timing_of({}, {});
  EXPECT_EQ(defaults.burn_in, 10);
  EXPECT_EQ(defaults.steps, 100);
  EXPECT_EQ(defaults.precision, 0.01);
  EXPECT_EQ(defaults.max_seconds, 120);

  RunSettings run;
  run.burn_in = 3;
  run.steps = 20;
  run.precision = 0.1;
  run.max_seconds = 9;
  EXPECT_EQ(timing_of(run, {}).burn_in, 3);
  EXPECT_EQ(timing_of(run, {}).steps, 20);
  EXPECT_EQ(timing_of(run, {}).precision, 0.1);
  EXPECT_EQ(timing_of(run, {}).max_seconds, 9);

  Options options;
  options.burn_in = 1;
  options.steps = 5;
  options.precision = 0.2;
  options.max_seconds = 2;
  EXPECT_EQ(timing_of(run, options).burn_in, 1);
  EXPECT_EQ(timing_of(run, options).steps, 5);
  EXPECT_EQ(timing_of(run, options).precision, 0.2);
  EXPECT_EQ(timing_of(run, options).max_seconds, 2);
}

TEST(TimingOf, TakesExactlySoManyStepsWhereOnlyTheirNumberIsGiven) {
  RunSettings run;
  run.precision = 0.1;
  Options options;
  options.steps = 7;

  const TimingSettings exact = timing_of(run, options);

  EXPECT_EQ(exact.steps, 7);
  EXPECT_EQ(exact.precision, 0);
  EXPECT_EQ(exact.max_seconds, 0);
  options.max_seconds = 3;
  EXPECT_EQ(timing_of(run, options).max_seconds, 3);
}

TEST(TimingOf, TakesTheGapOfTheCommandLineBeforeThatOfTheConfig) {
  RunSettings run;
  Options options;
  EXPECT_EQ(timing_of(run, options).gap, Gap::none);
  run.gap = "idle";
  EXPECT_EQ(timing_of(run, options).gap, Gap::idle);
  options.gap = Gap::cold;
  EXPECT_EQ(timing_of(run, options).gap, Gap::cold);
}

TEST(PlanExperiments, MakesOneForEveryNetworkAndPassInOrder) {
  const std::vector<Config> configs{config_of("one"), config_of("two", 4, 2)};
  Options options;
  options.backends = {find_backend("onednn")};
  options.seed = 9;

  const std::vector<Experiment> plan = plan_experiments(configs, options, 1, 2);

  std::vector<std::string> order;
  for (const Experiment& e : plan) order.push_back(e.model->name + " " + std::string(to_string(e.pass)));
  EXPECT_THAT(order,
              ElementsAre("one forward", "one forward-backward", "two forward", "two forward-backward"));
  EXPECT_EQ(plan[3].batch, 2);
  EXPECT_EQ(plan[0].threads, 2);
  EXPECT_EQ(plan[0].seed, 9U);
  EXPECT_EQ(plan[0].backends, options.backends);
  EXPECT_TRUE(plan[0].verify);
  EXPECT_TRUE(plan[0].measure);
}

TEST(PlanExperiments, FollowsThePassesAndTheVerificationOfTheCommandLine) {
  const std::vector<Config> configs{config_of("one")};
  Options options;
  options.passes = {Pass::forward_backward};
  options.verify = Verify::only;
  EXPECT_EQ(plan_experiments(configs, options, 1, 1).size(), 1U);
  EXPECT_FALSE(plan_experiments(configs, options, 1, 1)[0].measure);
  options.verify = Verify::off;
  EXPECT_FALSE(plan_experiments(configs, options, 1, 1)[0].verify);
}

TEST(PlanExperiments, RefusesAFilterThatNoLayerMatches) {
  const std::vector<Config> configs{config_of("one")};
  Options options;
  options.layers = LayerPattern("conv");
  EXPECT_THAT(user_error([&] { plan_experiments(configs, options, 1, 1); }), HasSubstr("--layer: no layer"));
  options.layers = LayerPattern("f");
  EXPECT_EQ(plan_experiments(configs, options, 1, 1).size(), 2U);
}

TEST(LoadConfigs, FindsConfigsByNameAndRefusesTheSameNetworkTwice) {
  Options options;
  options.configs = {"lenet", "mlp_mnist"};
  EXPECT_EQ(load_configs(options).size(), 2U);
  options.configs = {"lenet", "lenet.yaml"};
  EXPECT_THAT(user_error([&] { load_configs(options); }), HasSubstr("'lenet' is already there"));
  options.configs = {"lnet"};
  EXPECT_THROW(load_configs(options), ConfigError);
}

/// One rank, that says that its node has more.
class NodeOf final : public SingleRank {
 public:
  explicit NodeOf(int ranks) : ranks_(ranks) {}
  int node_size() const override { return ranks_; }

 private:
  int ranks_;
};

SingleRank alone;

TEST(CheckMemory, RefusesANetworkLargerThanTheMachineWithBothFigures) {
  const std::vector<Config> small{config_of("small")};
  const std::vector<Config> large{config_of("large", std::int64_t{1} << 33)};  // 9·2^34 weights, 576 GiB
  Options options;
  options.backends = {find_backend("onednn")};
  options.passes = {Pass::forward};

  const auto warnings_of = [&](const std::vector<Config>& configs, int node_ranks) {
    std::vector<Experiment> plan = plan_experiments(configs, options, 1, 1);
    NodeOf cluster(node_ranks);
    return check_memory(plan, cluster);
  };
  EXPECT_THAT(warnings_of(small, 2), ::testing::IsEmpty());
  const auto check = [&] { warnings_of(large, 1); };

  EXPECT_THAT(user_error(check),
              ::testing::MatchesRegex("large forward at batch 8 needs about [0-9.]+ [GT]iB a rank on onednn, "
                                      "[0-9.]+ [GT]iB for the 1 rank of a node, and [0-9.]+ [GM]iB "
                                      "is available; .*"));
}

TEST(CheckMemory, HasBackendsThatDoNotFitTogetherMeasuredOneAfterTheOtherAndSaysSo) {
  const double available = static_cast<double>(available_memory_bytes().value());
  // A dense layer of 9 inputs whose weights take a tenth of the memory: one backend fits, forty do not.
  const std::vector<Config> configs{config_of("net", static_cast<std::int64_t>(available / 10 / 4 / 9 / 2))};
  Options options;
  options.backends.assign(40, find_backend("onednn"));
  options.passes = {Pass::forward};
  options.verify = Verify::off;
  std::vector<Experiment> plan = plan_experiments(configs, options, 1, 1);

  const std::vector<std::string> warnings = check_memory(plan, alone);

  EXPECT_FALSE(plan[0].interleaved);
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("40 backends together need about")));
  options.backends.resize(1);
  plan = plan_experiments(configs, options, 1, 1);
  EXPECT_THAT(check_memory(plan, alone), ::testing::IsEmpty());
  EXPECT_TRUE(plan[0].interleaved);
}

TEST(CheckMemory, CountsWhatABackendHoldsBesideTheNetwork) {
  /// Holds more than the machine has.
  class Greedy final : public Backend {
   public:
    std::string name() const override { return "greedy"; }
    std::string version() const override { return "1"; }
    std::string unsupported(const ModelLayer&, Pass) const override { return ""; }
    double extra_bytes(const Model&, const PrepareOptions&) const override { return 1e18; }
    std::unique_ptr<Program> prepare(const Model&, const PrepareOptions&) const override { return nullptr; }
  };
  const Greedy greedy;
  const std::vector<Config> configs{config_of("small")};
  Options options;
  options.backends = {find_backend("onednn"), &greedy};
  options.passes = {Pass::forward};
  std::vector<Experiment> plan = plan_experiments(configs, options, 1, 1);

  EXPECT_THAT(user_error([&] { check_memory(plan, alone); }),
              ::testing::ContainsRegex("needs about 909,49[0-9] TiB a rank on greedy"));
}

/// The refusal of inference of a dense layer of 18 inputs whose weights take so large a share of the memory.
std::string refusal(double share, std::int64_t batch) {
  const double available = static_cast<double>(available_memory_bytes().value());
  const auto units = static_cast<std::int64_t>(share * available / sizeof(float) / 18);
  const std::vector<Config> configs{config_of("net", units, batch)};
  Options options;
  options.backends = {find_backend("onednn")};
  options.passes = {Pass::forward};
  std::vector<Experiment> plan = plan_experiments(configs, options, 1, 1);
  return user_error([&] { check_memory(plan, alone); });
}

TEST(CheckMemory, AdvisesWhatHelps) {
  // Weights that fit once or twice, and not three times, as verification has them.
  EXPECT_THAT(refusal(0.4, 1), HasSubstr("it fits with --verify off"));
  EXPECT_THAT(refusal(0.4, 1), ::testing::Not(HasSubstr("--batch")));  // there is no smaller one
  EXPECT_THAT(refusal(3, 1), HasSubstr("take a smaller network"));
  // Outputs of a thousand images take 55 times what the weights take.
  EXPECT_THAT(refusal(0.04, 1000), HasSubstr("it fits with --batch "));
}

TEST(CheckPaths, RefusesAFolderThatCannotBeMade) {
  const ScratchFolder folder;
  const std::filesystem::path file = folder.path() / "file";
  std::ofstream(file) << "in the way";
  Options options;
  options.output = (folder.path() / "results").string();
  EXPECT_EQ(user_error([&] { check_paths(options); }), "");
  options.dump = (file / "dump").string();
  EXPECT_NE(user_error([&] { check_paths(options); }), "");
  options.dump = "";
  options.output = (file / "results").string();
  EXPECT_NE(user_error([&] { check_paths(options); }), "");
}

TEST(LoadInput, RepeatsTheImagesToFillABatch) {
  const ScratchFolder folder;
  const std::string file = (folder.path() / "i.npy").string();
  const Model model = config_of("net").networks[0].model;
  std::vector<float> images(2 * 18);
  for (std::size_t i = 0; i < images.size(); ++i) images[i] = static_cast<float>(i);
  write_npy(file, images, {2, 2, 3, 3});

  const std::vector<float> batch = load_input(file, model, 3);

  ASSERT_EQ(batch.size(), 54U);
  EXPECT_EQ(batch[35], 35);
  EXPECT_EQ(batch[36], 0);
  EXPECT_EQ(load_input(file, model, 1).size(), 18U);
}

TEST(LoadInput, RefusesImagesThatDoNotFitTheNetwork) {
  const ScratchFolder folder;
  const std::string file = (folder.path() / "i.npy").string();
  const Model model = config_of("net").networks[0].model;
  const auto load = [&] { load_input(file, model, 1); };
  EXPECT_THAT(user_error(load), HasSubstr("--input: "));  // there is no such file

  const std::vector<std::vector<std::int64_t>> wrong{{2, 3, 3}, {1, 3, 2, 3}, {0, 2, 3, 3}, {18}, {}};
  for (const std::vector<std::int64_t>& shape : wrong) {
    write_npy(file, std::vector<float>(18), shape);
    EXPECT_THAT(user_error(load), HasSubstr("net takes (images, 2, 3, 3)"));
  }
}

}  // namespace
}  // namespace cnnbench
