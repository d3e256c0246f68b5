#include "harness/worker/model_json.h"

#include <gtest/gtest.h>

#include "harness/model/layer_rules.h"
#include "tests/kernels/chains.h"
#include "tests/kernels/single_layers.h"

namespace cnnbench {
namespace {

/// All fields of all layers, as the program itself prints them nowhere.
void expect_same(const Model& a, const Model& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.source, b.source);
  EXPECT_EQ(a.input, b.input);
  EXPECT_EQ(a.loss, b.loss);
  EXPECT_EQ(a.first_input_gradient, b.first_input_gradient);
  EXPECT_EQ(model_to_json(a), model_to_json(b));
  ASSERT_EQ(a.layers.size(), b.layers.size());
  for (std::size_t i = 0; i < a.layers.size(); ++i) {
    const ModelLayer& one = a.layers[i];
    const ModelLayer& other = b.layers[i];
    EXPECT_EQ(one.name, other.name);
    EXPECT_EQ(one.kind.index(), other.kind.index());
    EXPECT_EQ(one.input, other.input);
    EXPECT_EQ(one.output, other.output);
    EXPECT_EQ(one.padding, other.padding);
    EXPECT_EQ(one.receptive_field, other.receptive_field);
    EXPECT_EQ(one.weights, other.weights);
    EXPECT_EQ(one.biases, other.biases);
    EXPECT_EQ(one.input_gradient, other.input_gradient);
    EXPECT_EQ(one.backward, other.backward);
    EXPECT_EQ(fused_activation(one.kind), fused_activation(other.kind));
  }
}

TEST(ModelJson, GivesBackEveryLayerOfEveryKind) {
  std::vector<Network> networks = single_layers();
  for (Network& network : chains()) networks.push_back(std::move(network));
  for (const Layer& probe : all_probes()) networks.push_back({probe.name, probe_input, {probe.kind}});
  ASSERT_GT(networks.size(), 50U);
  for (const Network& network : networks) {
    SCOPED_TRACE(network.name);
    const Model model = network.model();
    // As text, since that is how it travels.
    const auto json = nlohmann::json::parse(model_to_json(model).dump());
    expect_same(model, model_from_json(json));
  }
}

TEST(ModelJson, GivesBackAPrefixAndALayerAlone) {
  const Model model = build_model(
      "net", "a source", {2, 9, 9},
      {{"shift", Standardize{0.5, 0.25}},
       {"conv", Convolution{.filters = 4, .kernel = {3, 2}, .padding = {1, 0}, .crop = 1, .bias_init = 0.5}},
       {"drop", Dropout{0.75}},
       {"flat", Flatten{}},
       {"dense", Dense{7, false, Activation::tanh}}},
      Loss::cross_entropy);
  expect_same(prefix(model, 3), model_from_json(model_to_json(prefix(model, 3))));
  expect_same(single_layer(model, 4), model_from_json(model_to_json(single_layer(model, 4))));
  const Model again = model_from_json(model_to_json(model));
  EXPECT_EQ(std::get<Standardize>(again.layers[0].kind).sd, 0.25);
  EXPECT_EQ(std::get<Dropout>(again.layers[2].kind).keep, 0.75);
  EXPECT_FALSE(std::get<Dense>(again.layers[4].kind).bias);
  EXPECT_EQ(std::get<Convolution>(again.layers[1].kind).bias_init, 0.5);
  EXPECT_EQ(std::get<Dense>(again.layers[4].kind).bias_init, std::nullopt);
}

TEST(ModelJson, RefusesAKindThatDoesNotExist) {
  auto json = model_to_json(build_model("net", "", {1, 3, 3}, {{"flat", Flatten{}}}, Loss::l2));
  json["layers"][0]["kind"] = 99;
  EXPECT_THROW(model_from_json(json), std::out_of_range);
}

TEST(ModelJson, RefusesNumbersThatNoNetworkHas) {
  const auto good =
      model_to_json(build_model("net", "", {4, 9, 9},
                                {{"conv", Convolution{.filters = 4, .kernel = {3, 3}, .padding = {}}},
                                 {"pool", Pooling{PoolKind::max, {2, 2}, {2, 2}, {0, 0}}},
                                 {"dense", Dense{3}}},
                                Loss::l2));
  const auto refused = [&](const char* place, const nlohmann::json& value) {
    auto json = good;
    json.at(nlohmann::json::json_pointer(place)) = value;
    try {
      model_from_json(json);
      return false;
    } catch (const std::exception&) {
      return true;
    }
  };
  for (const char* place :
       {"/layers/0/settings/0", "/layers/0/settings/6", "/layers/0/settings/1/0", "/layers/0/settings/2/1",
        "/layers/1/settings/1/1", "/layers/1/settings/2/0", "/layers/2/settings/0", "/input/0", "/input/2"})
    for (const std::int64_t value : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1} << 62})
      EXPECT_TRUE(refused(place, value)) << place << " = " << value;
  for (const char* place : {"/layers/0/settings/5", "/layers/0/settings/4/0", "/layers/0/settings/3",
                            "/layers/0/settings/8", "/layers/1/settings/3/1", "/layers/1/settings/0",
                            "/layers/1/settings/4", "/layers/2/settings/2", "/loss"})
    for (const std::int64_t value : {std::int64_t{-1}, std::int64_t{1} << 62})
      EXPECT_TRUE(refused(place, value)) << place << " = " << value;
  // Found by a fuzzer: no 64-bit number is as large.
  for (const char* place : {"/layers/0/kind", "/layers/0/settings/0", "/layers/0/settings/1/0",
                            "/layers/2/settings/2", "/loss", "/input/0"})
    EXPECT_TRUE(refused(place, 1e127)) << place;
  EXPECT_TRUE(refused("/input/0", 4.5));
  EXPECT_FALSE(refused("/input/0", 8));
}

}  // namespace
}  // namespace cnnbench
