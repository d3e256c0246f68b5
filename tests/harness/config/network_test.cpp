#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/harness/config/load.h"

namespace cnnbench {
namespace {

using ::testing::ElementsAre;

TEST(Network, WhatIsNotGivenHasItsDefault) {
  const NetworkConfig config = load_network(network_text("  - flatten\n"));
  EXPECT_EQ(config.batch, 1);
  EXPECT_EQ(config.model.source, "");
  EXPECT_EQ(std::get<Sgd>(config.optimizer).learning_rate, 0.1);
  EXPECT_THAT(config.run.passes, ElementsAre(Pass::forward));
  EXPECT_FALSE(config.run.burn_in || config.run.steps || config.run.precision || config.run.max_seconds);
}

TEST(Network, RunTakesAllItsKeys) {
  const RunSettings run =
      load_network(network_text("  - flatten\n",
                                "run: {passes: [train, forward-backward, forward], burn_in: 0, "
                                "steps: 7, precision: 0, max_seconds: 2.5, gap: idle}\n"))
          .run;
  EXPECT_THAT(run.passes, ElementsAre(Pass::train, Pass::forward_backward, Pass::forward));
  EXPECT_EQ(run.burn_in, 0);
  EXPECT_EQ(run.steps, 7);
  EXPECT_EQ(run.precision, 0);
  EXPECT_EQ(run.max_seconds, 2.5);
  EXPECT_EQ(run.gap, "idle");
}

TEST(Network, OptimizerIsAWordOrAMap) {
  const auto optimizer = [](const std::string& text) {
    return load_network(network_text("  - flatten\n", "optimizer: " + text + "\n")).optimizer;
  };
  EXPECT_EQ(std::get<Sgd>(optimizer("sgd")).momentum, 0);
  EXPECT_EQ(std::get<Sgd>(optimizer("{sgd: {learning_rate: 0.5, momentum: 0.9}}")).learning_rate, 0.5);
  EXPECT_EQ(std::get<Sgd>(optimizer("{sgd: {learning_rate: 0.5, momentum: 0.9}}")).momentum, 0.9);
  EXPECT_EQ(std::get<RmsProp>(optimizer("rmsprop")).learning_rate, 0.001);
  EXPECT_EQ(std::get<RmsProp>(optimizer("{rmsprop: {learning_rate: 0.01}}")).learning_rate, 0.01);
}

TEST(Network, LossIsCrossEntropyBehindASoftmaxElseL2) {
  EXPECT_EQ(load_network(network_text("  - dense: {units: 2}\n  - softmax\n")).model.loss,
            Loss::cross_entropy);
  EXPECT_EQ(load_network(network_text("  - dense: {units: 2}\n")).model.loss, Loss::l2);
  EXPECT_EQ(load_network(network_text("  - dense: {units: 2}\n  - softmax\n", "loss: l2\n")).model.loss,
            Loss::l2);
  EXPECT_EQ(load_network(network_text("  - dense: {units: 2}\n", "loss: cross_entropy\n")).model.loss,
            Loss::cross_entropy);
}

TEST(Network, SoftmaxOverAnImageFallsBackToL2) {
  for (const std::string kernel : {"3", "[3, 8]", "[8, 3]"}) {
    const std::string conv = "  - conv: {filters: 2, kernel: " + kernel + "}\n";
    EXPECT_EQ(load_network(network_text(conv + "  - softmax\n")).model.loss, Loss::l2) << kernel;
    EXPECT_NE(error_of(network_text(conv, "loss: cross_entropy\n")), "") << kernel;
  }
}

TEST(Network, TextIsKeptAsItIs) {
  const std::string text = "# a comment\n" + network_text("  - flatten\n");
  const Config config = load_text(text);
  EXPECT_EQ(config.texts.at(config.file), text);
}

}  // namespace
}  // namespace cnnbench
