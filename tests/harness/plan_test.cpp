#include "harness/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "harness/backend/choice.h"
#include "harness/measure/npy.h"
#include "tests/harness/measure/scratch_folder.h"
#include "tests/harness/plan_of.h"

namespace cnnbench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

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
