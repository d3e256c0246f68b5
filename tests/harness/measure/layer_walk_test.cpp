#include "harness/measure/layer_walk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/harness/measure/fake_backend.h"

namespace cnnbench {
namespace {

using ::testing::ElementsAre;

/// What a walk meets, in order: "<0", ">0" before and after layer 0, "<<0", ">>0" backward, "loss", and the
/// numbers of the operations.
std::vector<std::string> walk(const std::vector<Operation>& operations, const Model& model) {
  struct Noting final : Program {
    std::vector<Operation> list;
    std::vector<std::string> journal;
    const std::vector<Operation>& operations() const override { return list; }
    void run(std::size_t operation) override { journal.push_back(std::to_string(operation)); }
    void read(int, Tensor, std::span<float>) override {}
    void write(int, Tensor, std::span<const float>) override {}
    double loss() const override { return 0; }
    std::span<float> parameters() override { return {}; }
    std::span<float> gradients() override { return {}; }
  } program;
  program.list = operations;
  LayerVisitor visitor;
  visitor.before = [&](int layer, bool backward) {
    program.journal.push_back((backward ? "<<" : "<") + std::to_string(layer));
  };
  visitor.after = [&](int layer, bool backward) {
    program.journal.push_back((backward ? ">>" : ">") + std::to_string(layer));
  };
  visitor.after_loss = [&] { program.journal.push_back("loss"); };
  walk_layers(program, model, visitor);
  return program.journal;
}

Model three_layers() {
  return build_model("m", "", {1, 3, 3},
                     {{"a", Dense{.units = 2}}, {"b", Flatten{}}, {"c", Dense{.units = 2}}}, Loss::l2);
}

constexpr Direction forward = Direction::forward;
constexpr Direction data = Direction::backward_data;
constexpr Direction weights = Direction::backward_weights;

TEST(LayerWalk, StopsAtEveryLayerOfInferenceAlsoWhereNothingRuns) {
  EXPECT_THAT(walk({{0, Direction::reorder, ""}, {0, forward, ""}, {2, forward, ""}}, three_layers()),
              ElementsAre("<0", "0", "1", ">0", "<1", ">1", "<2", "2", ">2"));
}

TEST(LayerWalk, GoesOnWithTheLossAndTheLayersThatGoBack) {
  EXPECT_THAT(walk({{0, forward, ""},
                    {2, forward, ""},
                    {3, forward, ""},
                    {3, data, ""},
                    {2, weights, ""},
                    {2, data, ""},
                    {0, weights, ""}},
                   three_layers()),
              ElementsAre("<0", "0", ">0", "<1", ">1", "<2", "1", ">2", "2", "3", "loss", "<<2", "4", "5",
                          ">>2", "<<0", "6", ">>0"));
}

// "b" is computed along with "a", "c" along with nothing: it has an operation, but none that goes back.
TEST(LayerWalk, StopsOnTheWayBackAtLayersThatHaveNoOperationAtAll) {
  const Model model = build_model("m", "", {1, 8, 8},
                                  {{"a", Dense{.units = 4}},
                                   {"b", ActivationLayer{}},
                                   {"c", ActivationLayer{}},
                                   {"d", Dense{.units = 2}}},
                                  Loss::l2);
  EXPECT_THAT(walk({{0, forward, ""},
                    {2, forward, ""},
                    {3, forward, ""},
                    {4, forward, ""},
                    {4, data, ""},
                    {3, data, ""},
                    {0, weights, ""}},
                   model),
              ElementsAre("<0", "0", ">0", "<1", ">1", "<2", "1", ">2", "<3", "2", ">3", "3", "4", "loss",
                          "<<3", "5", ">>3", "<<1", ">>1", "<<0", "6", ">>0"));
}

TEST(LayerWalk, NeedsNoVisitor) {
  FakeClock clock;
  ScriptedProgram program(clock, {{{0, forward, ""}, 1}, {{3, forward, ""}, 1}, {{0, weights, ""}, 1}});

  walk_layers(program, three_layers(), {});

  EXPECT_EQ(program.trace->runs.size(), 3U);
}

}  // namespace
}  // namespace cnnbench
