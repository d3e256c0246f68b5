#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/harness/config/load.h"

namespace cnnbench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string network(const std::string& name, const std::string& more = "") {
  return "model: " + name + "\ninput: {channels: 1, height: 8, width: 8}\nlayers: [flatten]\n" + more;
}

/// The message for the comparison "all.yaml" of `models` beside the networks a.yaml, b.yaml, other_a.yaml.
std::string error_of_models(const std::string& models) {
  const TemporaryFolder folder;
  folder.write("a.yaml", network("a"));
  folder.write("b.yaml", network("b"));
  folder.write("other_a.yaml", network("a"));
  folder.write("bad.yaml", network("bad", "run: {steps: 0}\n"));
  folder.write("list.yaml", "- a\n");
  const std::string text = "comparison: all\nsamples_per_epoch: 10\nmodels: " + models + "\n";
  folder.write("nested.yaml", text);
  try {
    load_config(folder.write("all.yaml", text));
  } catch (const ConfigError& error) {
    return std::string(error.what()).substr(folder.path().string().size() + 1);
  }
  return "";
}

TEST(Comparison, HoldsItsNetworksInOrderFromItsOwnFolder) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "sub");
  folder.write("sub/b.yaml", network("b"));
  folder.write("a.yaml", network("a"));

  const Config config = load_config(folder.write(
      "all.yaml", "comparison: b-vs-a\nmodels: [sub/b.yaml, a.yaml]\nsamples_per_epoch: 60000\n"));

  EXPECT_EQ(config.comparison, "b-vs-a");
  EXPECT_EQ(config.samples_per_epoch, 60000);
  ASSERT_EQ(config.networks.size(), 2U);
  EXPECT_EQ(config.networks[0].model.name, "b");
  EXPECT_EQ(config.networks[1].model.name, "a");
  EXPECT_EQ(config.networks[1].file, (folder.path() / "a.yaml").string());
}

TEST(Comparison, OverridesTheRunSettingsThatItGives) {
  const TemporaryFolder folder;
  folder.write("a.yaml", network("a", "run: {passes: [forward], burn_in: 3, steps: 5, precision: 0.5}\n"));
  folder.write("b.yaml", network("b"));

  const Config config =
      load_config(folder.write("all.yaml",
                               "comparison: all\nmodels: [a.yaml, b.yaml]\nsamples_per_epoch: 1\n"
                               "run: {passes: [forward-backward], steps: 9}\n"));

  for (const NetworkConfig& network : config.networks) {
    EXPECT_THAT(network.run.passes, ElementsAre(Pass::forward_backward));
    EXPECT_EQ(network.run.steps, 9);
  }
  EXPECT_EQ(config.networks[0].run.burn_in, 3);
  EXPECT_EQ(config.networks[0].run.precision, 0.5);
  EXPECT_FALSE(config.networks[1].run.burn_in);
}

TEST(Comparison, WithoutRunLeavesTheSettingsOfItsNetworks) {
  const TemporaryFolder folder;
  folder.write("a.yaml", network("a", "run: {passes: [train], steps: 5}\n"));
  const Config config =
      load_config(folder.write("all.yaml", "comparison: all\nmodels: [a.yaml]\nsamples_per_epoch: 1\n"));
  EXPECT_THAT(config.networks[0].run.passes, ElementsAre(Pass::train));
  EXPECT_EQ(config.networks[0].run.steps, 5);
}

TEST(Comparison, RefusesTwoModelsOfOneName) {
  const std::string message = error_of_models("[a.yaml, b.yaml, other_a.yaml]");
  EXPECT_THAT(message, StartsWith("all.yaml:3:26: "));
  EXPECT_THAT(message, HasSubstr("both name their model 'a'"));
}

TEST(Comparison, RefusesAComparisonInsideItself) {
  EXPECT_THAT(error_of_models("[a.yaml, nested.yaml]"), StartsWith("all.yaml:3:18: "));
  EXPECT_THAT(error_of_models("[a.yaml, all.yaml]"), HasSubstr("is itself a comparison"));
}

TEST(Comparison, NamesAMissingModelWhereItIsAskedFor) {
  const std::string message = error_of_models("[a.yaml, c.yaml]");
  EXPECT_THAT(message, StartsWith("all.yaml:3:18: there is no file "));
  EXPECT_THAT(message, HasSubstr("c.yaml"));
}

TEST(Comparison, PointsIntoTheFileOfABadModel) {
  EXPECT_THAT(error_of_models("[a.yaml, bad.yaml]"), StartsWith("bad.yaml:4:14: "));
  EXPECT_THAT(error_of_models("[list.yaml]"), StartsWith("list.yaml:1:1: "));
  EXPECT_THAT(error_of_models("[.]"), HasSubstr("is a folder"));
}

TEST(Comparison, RefusesWrongModels) {
  EXPECT_THAT(error_of_models("[]"), StartsWith("all.yaml:3:9: expected a list"));
  EXPECT_THAT(error_of_models("a.yaml"), StartsWith("all.yaml:3:9: expected a list"));
  EXPECT_THAT(error_of_models("[a.yaml, ~]"), StartsWith("all.yaml:3:18: expected one line of text"));
}

TEST(Comparison, ChecksItsOwnKeys) {
  EXPECT_THAT(error_of("comparison: all\nmodel: x\n"),
              StartsWith("net.yaml:2:1: unknown key 'model' in a comparison; did you mean 'models'?"));
  EXPECT_THAT(error_of("comparison: all\nmodels: [a.yaml]\n"),
              StartsWith("net.yaml:1:1: missing key 'samples_per_epoch' in a comparison"));
  EXPECT_THAT(error_of("comparison: all\nmodels: [a.yaml]\nsamples_per_epoch: 0\n"),
              StartsWith("net.yaml:3:20: "));
}

}  // namespace
}  // namespace cnnbench
