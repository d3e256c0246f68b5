#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "harness/config/config.h"
#include "harness/model/cost.h"

namespace cnnbench {
namespace {

using ::testing::ElementsAre;

const std::filesystem::path source_dir = CNNBENCH_SOURCE_DIR;

Config load_shipped(const std::string& name) {
  return load_config(source_dir / "configs" / (name + ".yaml"));
}

std::vector<std::string> golden_lines(const std::string& name) {
  std::ifstream file(source_dir / "tests/golden/models" / (name + ".csv"));
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

/// The golden tables give a vector's output as its units alone.
std::string golden_output(const ModelLayer& layer) {
  return std::holds_alternative<Dense>(layer.kind) ? std::to_string(layer.output.channels)
                                                   : to_string(layer.output);
}

bool in_golden_table(const ModelLayer& layer) {
  return std::holds_alternative<Convolution>(layer.kind) || std::holds_alternative<Pooling>(layer.kind) ||
         std::holds_alternative<Dense>(layer.kind);
}

std::vector<std::string> model_lines(const Model& model) {
  std::vector<std::string> lines{"layer,output,weights,biases,forward_flops_per_image"};
  for (const ModelLayer& layer : model.layers) {
    if (!in_golden_table(layer)) continue;
    std::ostringstream line;
    line << layer.name << ',' << golden_output(layer) << ',' << layer.weights << ',' << layer.biases << ','
         << flops(layer, Direction::forward, 1);
    lines.push_back(line.str());
  }
  return lines;
}

class Golden : public ::testing::TestWithParam<std::string> {};

TEST_P(Golden, EveryLayerEqualsTheIndependentTable) {
  const Config config = load_shipped(GetParam());
  ASSERT_EQ(config.networks.size(), 1U);
  EXPECT_EQ(config.networks[0].model.name, GetParam());
  const std::vector<std::string> golden = golden_lines(GetParam());
  ASSERT_GT(golden.size(), 1U);
  EXPECT_EQ(model_lines(config.networks[0].model), golden);
}

std::string config_name(const ::testing::TestParamInfo<std::string>& config) {
  return config.param;
}

INSTANTIATE_TEST_SUITE_P(Configs, Golden,
                         ::testing::Values("vgg16", "overfeat", "lenet", "lasagne_cnn", "filters",
                                           "mlp_mnist", "cnn_mnist", "cnn_mnist_small"),
                         config_name);

TEST(ShippedConfigs, HaveThePublishedNumbersOfParameters) {
  const auto parameters = [](const std::string& name) {
    return load_shipped(name).networks.at(0).model.parameters();
  };
  EXPECT_EQ(parameters("vgg16"), 138'357'544);
  EXPECT_EQ(parameters("lasagne_cnn"), 217'706);
  EXPECT_EQ(parameters("mlp_mnist"), 669'706);
  EXPECT_EQ(parameters("cnn_mnist"), 110'986);
  EXPECT_EQ(parameters("cnn_mnist_small"), 5'958);
}

TEST(ShippedConfigs, CarryTheSettingsOfTheirSources) {
  const NetworkConfig vgg16 = load_shipped("vgg16").networks.at(0);
  EXPECT_EQ(vgg16.batch, 32);
  EXPECT_EQ(vgg16.run.burn_in, 10);
  EXPECT_EQ(vgg16.run.steps, 100);
  EXPECT_EQ(vgg16.run.precision, 0);
  EXPECT_EQ(vgg16.model.loss, Loss::l2);
  for (const ModelLayer& layer : vgg16.model.layers) {  // as its source has it
    if (const auto* conv = std::get_if<Convolution>(&layer.kind)) {
      EXPECT_EQ(conv->bias_init, 0.0) << layer.name;
    } else if (const auto* dense = std::get_if<Dense>(&layer.kind)) {
      EXPECT_EQ(dense->bias_init, 0.1) << layer.name;
      EXPECT_EQ(dense->activation, Activation::relu) << layer.name;
    }
  }
  EXPECT_THAT(vgg16.run.passes, ElementsAre(Pass::forward, Pass::forward_backward));
  EXPECT_EQ(load_shipped("overfeat").networks.at(0).batch, 5);
  const NetworkConfig lenet = load_shipped("lenet").networks.at(0);
  EXPECT_EQ(lenet.batch, 500);
  EXPECT_EQ(lenet.model.loss, Loss::cross_entropy);
  EXPECT_EQ(std::get<Sgd>(lenet.optimizer).learning_rate, 0.1);
}

/// The flattened outputs that the OverFeat benchmark prints, a sample.
TEST(ShippedConfigs, OverFeatHasTheShapesThatItsBenchmarkPrints) {
  std::vector<std::int64_t> sizes;
  const NetworkConfig overfeat = load_shipped("overfeat").networks.at(0);
  for (const ModelLayer& layer : overfeat.model.layers) {
    sizes.push_back(layer.output.size());
  }
  EXPECT_THAT(sizes, ElementsAre(160083, 301056, 75264, 147456, 36864, 73728, 147456, 147456, 36864, 3072,
                                 4096, 1000));
}

TEST(ShippedConfigs, ComparisonTrainsThreeNetworksAlike) {
  const Config config = load_shipped("mlp_vs_cnn");
  EXPECT_EQ(config.comparison, "mlp-vs-cnn");
  EXPECT_EQ(config.samples_per_epoch, 60'000);
  std::vector<std::string> names;
  for (const NetworkConfig& network : config.networks) {
    names.push_back(network.model.name);
    EXPECT_EQ(network.batch, 128);
    EXPECT_EQ(network.model.loss, Loss::cross_entropy);
    EXPECT_EQ(std::get<RmsProp>(network.optimizer).learning_rate, 0.001);
    EXPECT_THAT(network.run.passes, ElementsAre(Pass::forward_backward));
  }
  EXPECT_THAT(names, ElementsAre("mlp_mnist", "cnn_mnist", "cnn_mnist_small"));
}

TEST(ShippedConfigs, AllLoad) {
  for (const auto& entry : std::filesystem::directory_iterator(source_dir / "configs")) {
    EXPECT_NO_THROW(load_config(entry.path())) << entry.path();
  }
}

}  // namespace
}  // namespace cnnbench
