#include "kernels/common/built_program.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <stdexcept>

#include "kernels/common/dropout.h"
#include "tests/kernels/networks.h"

namespace cnnbench::common {
namespace {

Model small_model() {
  return Network{"", {1, 4, 4}, {conv(2), unbiased(conv(3, {2, 2})), Dropout{0.5}, Dense{5}}}.model();
}

/// Parameters in the arena, activations nowhere but for the input.
class SmallProgram final : public BuiltProgram<BuilderBase> {
 public:
  SmallProgram(const Model& model, const PrepareOptions& options) : BuiltProgram(model, options) {
    for (int i = 0; i < static_cast<int>(model.layers.size()); ++i) {
      builder_.arena.add(i, Tensor::weights, static_cast<std::size_t>(layer_at(i).weights));
      builder_.arena.add(i, Tensor::bias, static_cast<std::size_t>(layer_at(i).biases));
    }
    builder_.arena.allocate(builder_.training());
    input_.resize(static_cast<std::size_t>(options_.batch * model_.input.size()));
    fill_parameters();
    fill_input();
  }
  void run(std::size_t) override {}
  int repacked = 0;

 private:
  std::span<float> plain_array(int layer, Tensor tensor) override {
    if (tensor == Tensor::input && layer == 0) return input_;
    return builder_.arena.find(layer, tensor);
  }
  void repack(int, Tensor) override { ++repacked; }
  std::vector<float> input_;
};

PrepareOptions options(Pass pass) {
  return {pass, 2, 1, 3};
}

TEST(BuiltProgram, BeginsWithParametersAndInputOfTheSeed) {
  const Model model = small_model();
  SmallProgram program(model, options(Pass::forward_backward));
  std::vector<float> expected(static_cast<std::size_t>(model.layers[1].weights));
  initial_weights(model, 1, 3, expected);
  EXPECT_EQ(read(program, model, 1, Tensor::weights, 2), expected);
  expected.resize(5);
  initial_bias(model, 3, 3, expected);
  EXPECT_EQ(read(program, model, 3, Tensor::bias, 2), expected);
  expected.resize(32);
  initial_input(model, 2, 3, expected);
  EXPECT_EQ(read(program, model, 0, Tensor::input, 2), expected);
}

TEST(BuiltProgram, ReadsNoTensorThatIsNotThereNorOneOfAnotherSize) {
  const Model model = small_model();
  SmallProgram forward(model, options(Pass::forward));
  SmallProgram training(model, options(Pass::forward_backward));
  const auto refused = [](Program& program, int layer, Tensor tensor, std::size_t size) {
    std::vector<float> values(size);
    try {
      program.read(layer, tensor, values);
    } catch (const std::invalid_argument&) {
      return true;
    }
    return false;
  };
  EXPECT_FALSE(refused(forward, 0, Tensor::bias, 2));
  EXPECT_TRUE(refused(forward, 0, Tensor::bias, 3));
  EXPECT_TRUE(refused(forward, 1, Tensor::bias, 0));
  EXPECT_TRUE(refused(forward, 0, Tensor::bias_gradient, 2));
  EXPECT_FALSE(refused(training, 0, Tensor::bias_gradient, 2));
  EXPECT_TRUE(refused(forward, 2, Tensor::mask, 6));
  EXPECT_TRUE(refused(training, 1, Tensor::input, 16));  // this program has no such array
  // Whatever a backend would find there.
  for (const Tensor tensor : {Tensor::bias_gradient, Tensor::output_gradient, Tensor::input_gradient})
    EXPECT_THROW(check_readable(model, options(Pass::forward), 0, tensor,
                                static_cast<std::size_t>(tensor_size(model.layers[0], tensor, 2))),
                 std::invalid_argument);
  EXPECT_THROW(check_readable(model, options(Pass::forward), 2, Tensor::mask, 6), std::invalid_argument);
}

TEST(BuiltProgram, WritesParametersAndTheFirstInputAlone) {
  const Model model = small_model();
  SmallProgram program(model, options(Pass::forward_backward));
  const std::vector<float> bias{1, 2};
  EXPECT_EQ(program.repacked, 0);
  program.write(0, Tensor::bias, bias);
  EXPECT_EQ(read(program, model, 0, Tensor::bias, 2), bias);
  EXPECT_EQ(program.repacked, 1);
  program.write(0, Tensor::input, std::vector<float>(32));
  EXPECT_EQ(program.repacked, 1);
  const PrepareOptions how = options(Pass::forward_backward);
  EXPECT_NO_THROW(check_writable(model, how, 0, Tensor::input, 32));
  EXPECT_THROW(check_writable(model, how, 1, Tensor::input, 16), std::invalid_argument);
  EXPECT_THROW(check_writable(model, how, 0, Tensor::bias_gradient, 2), std::invalid_argument);
  EXPECT_THROW(program.write(0, Tensor::bias, std::vector<float>(3)), std::invalid_argument);
}

TEST(BuiltProgram, WantsAPositiveBatch) {
  EXPECT_THROW(SmallProgram(small_model(), {Pass::forward, 0, 1, 3}), std::runtime_error);
}

TEST(Dropout, MultipliesWithTheMaskOfItsStepHoweverItIsCut) {
  const Model model = Network{"", {3, 50, 31}, {Dropout{0.5}}, 1}.model();
  const std::int64_t count = model.input.size();  // two pieces and a part
  const auto size = static_cast<std::size_t>(count);
  std::vector<float> values(size, 3.0F), mask(size), expected(size), gradient(size, 5.0F);
  dropout_mask(model, 0, 9, 4, expected);
  drop_plain({model, 0, 9, 4, values.data(), values.data(), mask.data()}, count);
  EXPECT_EQ(mask, expected);
  EXPECT_TRUE(std::ranges::equal(values, mask, [](float x, float factor) { return x == 3 * factor; }));
  drop_gradient(gradient.data(), mask.data(), count);
  EXPECT_TRUE(std::ranges::equal(gradient, mask, [](float x, float factor) { return x == 5 * factor; }));
}

}  // namespace
}  // namespace cnnbench::common
