#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/harness/measure/fault_injection.h"

namespace cnnbench {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(FaultInjection, PassesAProgramWithoutFaultsInEveryPassWithEveryLoss) {
  for (const Loss loss : {Loss::l2, Loss::cross_entropy})
    for (const Pass pass : {Pass::forward, Pass::forward_backward, Pass::train}) {
      model = verified_model(loss);
      start(pass);

      const std::vector<Check> all = checks();

      for (const Check& check : all) {
        EXPECT_TRUE(check.passed) << check.layer << " " << tensor_name(check.tensor) << ", " << check.message;
        EXPECT_EQ(check.checked, check.elements);
        EXPECT_EQ(check.message, "");
      }
    }
}

TEST_F(FaultInjection, ChecksEveryTensorOfTheStep) {
  start();
  std::vector<std::string> names;
  for (const Check& check : checks())
    names.push_back(fmt::format("{} {}", check.layer, tensor_name(check.tensor)));

  EXPECT_THAT(
      names, ::testing::ElementsAre("conv input", "conv weights", "conv bias", "conv output",               //
                                    "pool input", "pool output",                                            //
                                    "drop input", "drop mask", "drop output",                               //
                                    "flatten input", "flatten output",                                      //
                                    "dense input", "dense weights", "dense bias", "dense output",           //
                                    "softmax input", "softmax output", "loss loss", "loss input_gradient",  //
                                    "dense output_gradient", "dense input_gradient", "dense weights_gradient",
                                    "dense bias_gradient", "drop output_gradient", "drop input_gradient",
                                    "pool output_gradient", "pool input_gradient", "conv output_gradient",
                                    "conv weights_gradient", "conv bias_gradient"));
}

TEST_F(FaultInjection, FindsOneWrongElementAndNamesIt) {
  start();
  change(conv, Tensor::output, [](std::span<float> values) { values[137] += 0.01F; });

  EXPECT_EQ(first_failed(), "conv output");
  EXPECT_THAT(message, StartsWith("element 137: found "));
  EXPECT_THAT(message, HasSubstr(", expected "));
}

TEST_F(FaultInjection, KeepsTheRelativeErrorOfTheWholeTensor) {
  start();
  double squares = 0;
  change(conv, Tensor::output, [&](std::span<float> values) {
    squares = 0;
    for (const float value : values) squares += static_cast<double>(value) * static_cast<double>(value);
    values[137] += 3;
    values[200] -= 4;
  });

  const double error = check_of(checks(), "conv", Tensor::output).l2_error;

  EXPECT_NEAR(error, 5 / std::sqrt(squares), 1e-5 * error);
}

TEST_F(FaultInjection, NamesTheWorstOfSeveralWrongElements) {
  start(Pass::forward);
  change(dense, Tensor::output, [](std::span<float> values) {
    values[3] += 0.01F;
    values[7] += 10;
    values[12] += 0.1F;
  });

  EXPECT_EQ(first_failed(), "dense output");
  EXPECT_THAT(message, StartsWith("element 7: "));
}

TEST_F(FaultInjection, FindsOneWrongElementOfEveryGradient) {
  const std::vector<std::tuple<int, Tensor, std::string>> gradients{
      {conv, Tensor::weights_gradient, "conv weights_gradient"},
      {conv, Tensor::bias_gradient, "conv bias_gradient"},
      {pool, Tensor::input_gradient, "pool input_gradient"},
      {drop, Tensor::input_gradient, "drop input_gradient"},
      {dense, Tensor::weights_gradient, "dense weights_gradient"},
      {dense, Tensor::bias_gradient, "dense bias_gradient"},
      {dense, Tensor::input_gradient, "dense input_gradient"}};
  for (const auto& [layer, tensor, name] : gradients) {
    start();
    change(layer, tensor, [](std::span<float> values) { values[5] += 0.5F; });

    EXPECT_EQ(first_failed(), name);
    EXPECT_THAT(message, StartsWith("element 5: ")) << name;
  }
}

TEST_F(FaultInjection, FindsAnythingThatIsNotANumber) {
  const float unbounded = std::numeric_limits<float>::infinity();
  const std::vector<std::pair<float, std::string>> values{
      {std::numeric_limits<float>::quiet_NaN(), "nan"}, {unbounded, "inf"}, {-unbounded, "-inf"}};
  for (const auto& [value, name] : values) {
    const auto spoil = [bad = value](std::span<float> plain) { plain[4] = bad; };
    start(Pass::forward);
    change(dense, Tensor::output, spoil);
    EXPECT_EQ(first_failed(), "dense output");
    EXPECT_THAT(message, StartsWith("element 4: found " + name));

    start();
    change(dense, Tensor::weights_gradient, spoil);
    EXPECT_EQ(first_failed(), "dense weights_gradient");
    EXPECT_THAT(message, StartsWith("element 4: found " + name));
  }
}

TEST_F(FaultInjection, KeepsTheErrorThatIsNotANumber) {
  start(Pass::forward);
  change(conv, Tensor::output, [](std::span<float> values) {
    values[10] = std::numeric_limits<float>::quiet_NaN();
    values[20] += 1;
  });

  const Check check = check_of(checks(), "conv", Tensor::output);

  EXPECT_FALSE(check.passed);
  EXPECT_TRUE(std::isnan(check.max_error));
  EXPECT_THAT(check.message, StartsWith("element 10: found nan"));
}

// What the program says that it runs is not what it runs: weights read as they should be.
TEST_F(FaultInjection, FindsATapThatWasLeftOut) {
  start(Pass::forward);
  const std::vector<float> weights = read(conv, Tensor::weights);
  std::vector<float> without = weights;
  without[3 * 9 * 7 + 4] = 0;  // the middle tap of filter 7 on channel 0
  program->write(conv, Tensor::weights, without);
  change(conv, Tensor::weights,
         [weights](std::span<float> v) { std::copy(weights.begin(), weights.end(), v.begin()); });

  EXPECT_EQ(first_failed(), "conv output");
}

TEST_F(FaultInjection, FindsABiasThatWasLeftOut) {
  start(Pass::forward);
  const std::vector<float> bias = read(dense, Tensor::bias);
  std::vector<float> without = bias;
  without[9] = 0;
  program->write(dense, Tensor::bias, without);
  change(dense, Tensor::bias, [bias](std::span<float> v) { std::copy(bias.begin(), bias.end(), v.begin()); });

  EXPECT_EQ(first_failed(), "dense output");
}

TEST_F(FaultInjection, FindsTwoChannelsThatWereSwapped) {
  start(Pass::forward);
  change(conv, Tensor::output, [](std::span<float> values) {
    std::swap_ranges(values.begin() + 2 * plane, values.begin() + 3 * plane, values.begin() + 5 * plane);
  });

  EXPECT_EQ(first_failed(), "conv output");
}

TEST_F(FaultInjection, FindsABorderRowThatIsStale) {
  start(Pass::forward);
  program->truth().step();
  const std::vector<float> earlier = read(conv, Tensor::output);
  std::vector<float> image(2 * 3 * plane, 0.5F);
  program->write(0, Tensor::input, image);
  settings.images = image;
  change(conv, Tensor::output, [earlier](std::span<float> values) {
    for (std::size_t last = plane - row; last < values.size(); last += plane)
      std::copy_n(earlier.begin() + static_cast<std::ptrdiff_t>(last), row,
                  values.begin() + static_cast<std::ptrdiff_t>(last));
  });

  EXPECT_EQ(first_failed(), "conv output");
}

TEST_F(FaultInjection, FindsEveryOperationThatDoesNotRun) {
  start();
  const std::vector<Operation> operations = program->operations();
  for (const Operation& left_out : operations) {
    start();
    program->skip = [&](const Operation& operation) {
      return operation.layer == left_out.layer && operation.direction == left_out.direction;
    };

    EXPECT_NE(first_failed(), "") << left_out.layer << " " << to_string(left_out.direction);
  }
}

TEST_F(FaultInjection, FindsGradientsThatNoOperationComputes) {
  start();
  program->leave_out([](const Operation& operation) {
    return operation.layer == conv && operation.direction != Direction::forward;
  });
  EXPECT_EQ(first_failed(), "conv weights_gradient");
  EXPECT_EQ(message, "no operation computes it");

  start();
  program->leave_out([](const Operation& operation) {
    return operation.layer == pool && operation.direction != Direction::forward;
  });
  EXPECT_FALSE(check_of(checks(), "pool", Tensor::input_gradient).passed);
}

TEST_F(FaultInjection, FindsAWrongLossAndAWrongGradientOfIt) {
  start();
  program->added_loss = 0.001;
  EXPECT_EQ(first_failed(), "loss loss");
  program->added_loss = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(first_failed(), "loss loss");

  start();
  change(dense, Tensor::output_gradient, [](std::span<float> values) { values[2] += 0.01F; });
  EXPECT_EQ(first_failed(), "loss input_gradient");
}

TEST_F(FaultInjection, FindsAMaskThatWasNotWhatTheElementsWereMultipliedBy) {
  start();
  change(drop, Tensor::mask, [](std::span<float> values) { values[20] = 2 - values[20]; });

  EXPECT_EQ(first_failed(), "drop output");
}

TEST_F(FaultInjection, FindsAMaskThatKeepsTooManyOrScalesWrongly) {
  start();
  change(drop, Tensor::mask, [](std::span<float> values) { std::fill(values.begin(), values.end(), 2.0F); });
  EXPECT_EQ(first_failed(), "drop mask");
  EXPECT_EQ(message, "512 of 512 elements are kept, with a keep of 0.5");

  change(drop, Tensor::mask, [](std::span<float> values) {
    for (float& value : values) value /= 2;
  });
  EXPECT_EQ(first_failed(), "drop mask");
  EXPECT_THAT(message, HasSubstr("found 1, expected 2"));
}

// A program that is right layer by layer, but not about what it was given or how the layers follow each
// other.
TEST_F(FaultInjection, FindsValuesThatChangeBetweenTheLayers) {
  start();
  change(dense, Tensor::input, [](std::span<float> values) { values[100] += 1e-6F; });
  EXPECT_EQ(first_failed(), "dense input");

  start();
  change(conv, Tensor::output_gradient, [](std::span<float> values) { values[9] += 1e-6F; });
  EXPECT_EQ(first_failed(), "conv output_gradient");
  EXPECT_THAT(message, HasSubstr("element 9: "));
}

TEST_F(FaultInjection, FindsParametersAndImagesThatAreNotThoseOfTheSeed) {
  for (const Tensor tensor : {Tensor::weights, Tensor::bias, Tensor::input}) {
    start();
    std::vector<float> values = read(conv, tensor);
    values[7] = std::nextafter(values[7], 1.0F);
    program->write(conv, tensor, values);

    EXPECT_THAT(first_failed(), StartsWith("conv "));
    EXPECT_THAT(message, HasSubstr("element 7: "));
  }
}

TEST_F(FaultInjection, TakesParametersAsTheyAreWhereTheyWereWritten) {
  start();
  std::vector<float> weights = read(conv, Tensor::weights);
  weights[7] = 0.5F;
  program->write(conv, Tensor::weights, weights);
  settings.parameters_from_seed = false;

  EXPECT_EQ(first_failed(), "");
}

// Four bytes an element, and 32 for each one that is compared: its index, value and two scales; of the layer
// that takes the most, and 72 MiB that the allocator keeps.
TEST(VerificationBytes, CoverTheLayerThatTakesTheMost) {
  const Model model = verified_model();
  const double image = 5 * 16 * 64;  // the outputs of conv, 16 channels
  const double kept = 72 << 20;

  const double conv_input = 5 * 3 * 64;
  const double conv_parameters = 16 * 3 * 9 + 16;

  EXPECT_EQ(verification_bytes(model, false, 5),
            4 * (conv_input + 2 * image + 2 * conv_parameters) + 32 * image + kept);
  EXPECT_EQ(verification_bytes(model, true, 5),
            4 * (2 * conv_input + 3 * image + 2 * conv_parameters) + 32 * image + kept);
}

}  // namespace
}  // namespace cnnbench
