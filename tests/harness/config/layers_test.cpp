#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/harness/config/load.h"

namespace cnnbench {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> names_of(const std::string& layers) {
  std::vector<std::string> names;
  const NetworkConfig config = load_network(network_text(layers));
  for (const ModelLayer& layer : config.model.layers) names.push_back(layer.name);
  return names;
}

template <typename Kind>
Kind only_layer(const std::string& layer) {
  return std::get<Kind>(load_network(network_text("  - " + layer + "\n")).model.layers.at(0).kind);
}

TEST(Layers, DefaultNamesAreKindAndNumberCountedPerKind) {
  EXPECT_THAT(names_of("  - conv: {filters: 2, kernel: 3}\n"
                       "  - max_pool: {kernel: 2}\n"
                       "  - conv: {name: second, filters: 2, kernel: 1}\n"
                       "  - conv: {filters: 2, kernel: 1}\n"
                       "  - flatten\n"
                       "  - dense: {units: 3}\n"
                       "  - softmax: {}\n"),
              ElementsAre("conv1", "max_pool1", "second", "conv3", "flatten1", "dense1", "softmax1"));
}

TEST(Layers, DefaultNamesStepAsideForGivenOnes) {
  EXPECT_THAT(names_of("  - dense: {units: 3}\n"
                       "  - dense: {units: 3}\n"
                       "  - dense: {units: 3}\n"
                       "  - softmax: {name: dense2}\n"),
              ElementsAre("dense1", "dense3", "dense4", "dense2"));
}

TEST(Layers, WordAndMapFormsAreTheSame) {
  EXPECT_THAT(names_of("  - lrn\n  - batch_norm: {}\n  - softmax: {name: p}\n  - flatten:\n      name: f\n"),
              ElementsAre("lrn1", "batch_norm1", "p", "f"));
}

TEST(Layers, ConvTakesAllItsKeys) {
  const NetworkConfig config = load_network(
      "model: net\n"
      "input: {channels: 4, height: 20, width: 30}\n"
      "layers:\n"
      "  - conv: {filters: 6, kernel: [3, 5], stride: [1, 2], padding: [2, 4], crop: 1, groups: 2, bias: "
      "false,\n"
      "           activation: tanh}\n");
  const auto conv = std::get<Convolution>(config.model.layers.at(0).kind);
  EXPECT_EQ(conv.filters, 6);
  EXPECT_EQ(conv.kernel, (Extent{3, 5}));
  EXPECT_EQ(conv.stride, (Extent{1, 2}));
  EXPECT_EQ(conv.padding_rule, PaddingRule::explicit_size);
  EXPECT_EQ(conv.padding, (Extent{2, 4}));
  EXPECT_EQ(conv.crop, 1);
  EXPECT_EQ(conv.groups, 2);
  EXPECT_FALSE(conv.bias);
  EXPECT_EQ(conv.activation, Activation::tanh);
}

TEST(Layers, ConvHasItsDefaults) {
  const auto conv = only_layer<Convolution>("conv: {filters: 6, kernel: 3}");
  EXPECT_EQ(conv.stride, (Extent{1, 1}));
  EXPECT_EQ(conv.padding_rule, PaddingRule::explicit_size);
  EXPECT_EQ(conv.padding, (Extent{0, 0}));
  EXPECT_EQ(conv.crop, 0);
  EXPECT_EQ(conv.groups, 1);
  EXPECT_TRUE(conv.bias);
  EXPECT_EQ(conv.activation, Activation::none);
}

TEST(Layers, PaddingTakesWordsAndNumbers) {
  EXPECT_EQ(only_layer<Convolution>("conv: {filters: 1, kernel: 3, padding: same}").padding_rule,
            PaddingRule::same);
  EXPECT_EQ(only_layer<Convolution>("conv: {filters: 1, kernel: 3, padding: full}").padding_rule,
            PaddingRule::full);
  const auto valid = only_layer<Convolution>("conv: {filters: 1, kernel: 3, padding: valid}");
  EXPECT_EQ(valid.padding_rule, PaddingRule::explicit_size);
  EXPECT_EQ(valid.padding, (Extent{0, 0}));
  EXPECT_EQ(only_layer<Convolution>("conv: {filters: 1, kernel: 3, padding: 2}").padding, (Extent{2, 2}));
}

TEST(Layers, PoolsStrideByTheirKernelUnlessToldOtherwise) {
  const auto plain = only_layer<Pooling>("max_pool: {kernel: [2, 4]}");
  EXPECT_EQ(plain.pool, PoolKind::max);
  EXPECT_EQ(plain.stride, (Extent{2, 4}));
  EXPECT_EQ(plain.border, Border::drop);
  const auto full = only_layer<Pooling>("avg_pool: {kernel: 3, stride: 2, padding: 1, border: keep}");
  EXPECT_EQ(full.pool, PoolKind::average);
  EXPECT_EQ(full.stride, (Extent{2, 2}));
  EXPECT_EQ(full.padding, (Extent{1, 1}));
  EXPECT_EQ(full.border, Border::keep);
}

TEST(Layers, SmallKindsTakeTheirKeys) {
  const auto standardize = only_layer<Standardize>("standardize: {mean: -1.5e2, sd: 0.25}");
  EXPECT_EQ(standardize.mean, -150);
  EXPECT_EQ(standardize.sd, 0.25);
  EXPECT_EQ(only_layer<Dropout>("dropout: {keep: 0.8}").keep, 0.8);
  EXPECT_EQ(only_layer<ActivationLayer>("activation: {function: sigmoid}").function, Activation::sigmoid);
  EXPECT_EQ(only_layer<Dense>("dense: {units: 7, bias_init: -0.25}").bias_init, -0.25);
  EXPECT_EQ(only_layer<Convolution>("conv: {filters: 7, kernel: 1, bias_init: 0}").bias_init, 0.0);
  const auto dense = only_layer<Dense>("dense: {units: 7, bias: false, activation: relu}");
  EXPECT_EQ(dense.bias_init, std::nullopt);
  EXPECT_EQ(dense.units, 7);
  EXPECT_FALSE(dense.bias);
  EXPECT_EQ(dense.activation, Activation::relu);
}

TEST(Layers, AliasesStandForWhatTheyName) {
  EXPECT_THAT(names_of("  - &a {batch_norm: {}}\n  - *a\n"), ElementsAre("batch_norm1", "batch_norm2"));
}

}  // namespace
}  // namespace cnnbench
