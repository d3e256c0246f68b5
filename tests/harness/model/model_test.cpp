#include "harness/model/model.h"

#include <gtest/gtest.h>

#include "harness/model/cost.h"

namespace cnnbench {
namespace {

Convolution conv(std::int64_t filters, Extent kernel, Extent stride = {1, 1}) {
  Convolution layer;
  layer.filters = filters;
  layer.kernel = kernel;
  layer.stride = stride;
  return layer;
}

Pooling pool(std::int64_t kernel, std::int64_t stride, Border border = Border::drop,
             std::int64_t padding = 0) {
  return {PoolKind::max, {kernel, kernel}, {stride, stride}, {padding, padding}, border};
}

Model build(Shape input, const std::vector<Layer>& layers, Loss loss = Loss::l2,
            const ModelOptions& options = {}) {
  return build_model("test", "", input, layers, loss, options);
}

ModelLayer single(Shape input, const LayerKind& kind) {
  return build(input, {{"layer", kind}}).layers[0];
}

std::string error_of(Shape input, const std::vector<Layer>& layers) {
  try {
    build(input, layers);
  } catch (const ModelError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Shapes, AValidConvolutionKeepsInputMinusKernelPlusOne) {
  EXPECT_EQ(single({3, 639, 516}, conv(2, {9, 9})).output, (Shape{2, 631, 508}));
}

TEST(Words, AreOfALayersWorkAndNotOfItsName) {
  Convolution layer = conv(4, {3, 2});
  layer.padding_rule = PaddingRule::same;
  layer.activation = Activation::relu;
  EXPECT_EQ(in_words(single({1, 7, 6}, layer)),
            "conv 1x7x6 to 4x7x6, kernel 3x2, stride 1, padding 1x0 to 1, 24 weights, bias, relu");
  EXPECT_EQ(in_words(single({3, 5, 5}, Dense{.units = 2, .bias = false})),
            "dense 3x5x5 to 2x1x1, 150 weights");
}

TEST(Shapes, AStridedConvolutionRoundsDown) {
  EXPECT_EQ(single({3, 231, 231}, conv(96, {11, 11}, {4, 4})).output, (Shape{96, 56, 56}));
  EXPECT_EQ(single({3, 234, 234}, conv(96, {11, 11}, {4, 4})).output, (Shape{96, 56, 56}));
}

TEST(Shapes, SamePaddingKeepsTheInputDividedByTheStrideWithTheOddElementBelow) {
  Convolution layer = conv(4, {3, 2});
  layer.padding_rule = PaddingRule::same;
  const ModelLayer built = single({1, 7, 6}, layer);
  EXPECT_EQ(built.output, (Shape{4, 7, 6}));
  EXPECT_EQ(built.padding, (Padding{{1, 0}, {1, 1}}));
  layer.stride = {2, 2};
  EXPECT_EQ(single({1, 7, 6}, layer).output, (Shape{4, 4, 3}));
}

TEST(Shapes, FullPaddingGivesInputPlusKernelMinusOne) {
  Convolution layer = conv(4, {3, 5});
  layer.padding_rule = PaddingRule::full;
  EXPECT_EQ(single({1, 7, 7}, layer).output, (Shape{4, 9, 11}));
}

TEST(Shapes, FullPaddingAndCropOneOfAThreeByThreeKernelEqualPaddingOne) {
  Convolution cropped = conv(4, {3, 3});
  cropped.padding_rule = PaddingRule::full;
  cropped.crop = 1;
  Convolution padded = conv(4, {3, 3});
  padded.padding = {1, 1};
  const ModelLayer a = single({2, 12, 12}, cropped);
  const ModelLayer b = single({2, 12, 12}, padded);
  EXPECT_EQ(a.output, b.output);
  EXPECT_EQ(a.padding, b.padding);
  EXPECT_EQ(flops(a, Direction::forward, 1), flops(b, Direction::forward, 1));
}

TEST(Shapes, ACropDeeperThanThePaddingSkipsInput) {
  Convolution layer = conv(1, {3, 3});
  layer.crop = 2;
  const ModelLayer built = single({1, 10, 10}, layer);
  EXPECT_EQ(built.output, (Shape{1, 4, 4}));
  EXPECT_EQ(built.padding, (Padding{{-2, -2}, {-2, -2}}));
}

// PyTorch's documented rules for floor and ceil_mode, and Theano's example in 5x5.
TEST(Shapes, PoolingDropsOrKeepsARaggedBorder) {
  EXPECT_EQ(single({1, 5, 5}, pool(2, 2)).output, (Shape{1, 2, 2}));
  EXPECT_EQ(single({1, 5, 5}, pool(2, 2, Border::keep)).output, (Shape{1, 3, 3}));
  EXPECT_EQ(single({1, 5, 5}, pool(2, 2, Border::keep)).padding, (Padding{{0, 0}, {1, 1}}));
  EXPECT_EQ(single({1, 112, 112}, pool(3, 2, Border::drop, 1)).output, (Shape{1, 56, 56}));
  EXPECT_EQ(single({1, 112, 112}, pool(3, 2, Border::keep, 1)).output, (Shape{1, 57, 57}));
}

TEST(Shapes, AKeptWindowThatWouldHoldNothingIsLeftOut) {
  // Ceiling gives 3 windows, the third beginning at 10, beyond the 8 elements.
  EXPECT_EQ(single({1, 8, 8}, pool(1, 5, Border::keep)).output, (Shape{1, 2, 2}));
}

TEST(Shapes, AKeptWindowLargerThanTheImageIsOneOutput) {
  // As PyTorch 2.6's max_pool2d(ceil_mode=True) has it, and Caffe, wherever ceil((n + 2p - k) / s) + 1 >= 1.
  const ModelLayer layer = single({3, 2, 2}, pool(3, 2, Border::keep));
  EXPECT_EQ(layer.output, (Shape{3, 1, 1}));
  EXPECT_EQ(layer.padding, (Padding{{0, 0}, {1, 1}}));
  EXPECT_EQ(layer.receptive_field, (Extent{3, 3}));
  const ModelLayer padded = single({1, 2, 2}, pool(5, 2, Border::keep, 1));
  EXPECT_EQ(padded.output, (Shape{1, 1, 1}));
  EXPECT_EQ(padded.padding, (Padding{{1, 1}, {2, 2}}));
  EXPECT_THROW(single({1, 2, 2}, pool(4, 2, Border::keep)), ModelError);  // ceil(-2 / 2) + 1 = 0
  EXPECT_THROW(single({1, 2, 2}, pool(3, 1, Border::keep)), ModelError);
  EXPECT_THROW(single({1, 2, 2}, pool(3, 2)), ModelError);
}

TEST(Parameters, FollowTheRulesOfTheLasagneTutorial) {
  const ModelLayer convolution = single({32, 12, 12}, conv(32, {3, 3}));
  EXPECT_EQ(convolution.parameters(), (3 * 3 * 32 + 1) * 32);
  const ModelLayer dense = single({32, 5, 5}, Dense{256});
  EXPECT_EQ(dense.parameters(), (800 + 1) * 256);
}

TEST(Parameters, GroupsDivideTheWeightsAndNoBiasMeansNone) {
  Convolution layer = conv(8, {3, 3});
  layer.groups = 4;
  layer.bias = false;
  const ModelLayer built = single({4, 9, 9}, layer);
  EXPECT_EQ(built.weights, 8 * 1 * 9);
  EXPECT_EQ(built.biases, 0);
  EXPECT_EQ(flops(built, Direction::forward, 1), 2 * 8 * 9 * 7 * 7);
}

TEST(ReceptiveField, ThreeStackedThreeByThreeFiltersSeeWhatOneSevenBySevenSees) {
  const Model three =
      build({1, 20, 20}, {{"a", conv(1, {3, 3})}, {"b", conv(1, {3, 3})}, {"c", conv(1, {3, 3})}});
  EXPECT_EQ(three.layers[2].receptive_field, (Extent{7, 7}));
  EXPECT_EQ(single({1, 20, 20}, conv(1, {7, 7})).receptive_field, (Extent{7, 7}));
}

// 212 at pool5 and 404 at fc6 are the figures that published calculators of receptive fields give for VGG16.
TEST(ReceptiveField, GrowsByStridesAndADenseLayerSeesAllOfAFlattenedMap) {
  std::vector<Layer> layers;
  const auto add = [&layers](const LayerKind& kind) {
    layers.push_back({"l" + std::to_string(layers.size()), kind});
  };
  Convolution same = conv(1, {3, 3});
  same.padding = {1, 1};
  for (const int convolutions : {2, 2, 3, 3, 3}) {
    for (int i = 0; i < convolutions; ++i) add(same);
    add(pool(2, 2));
  }
  add(Flatten{});
  add(Dense{10});
  const Model model = build({1, 224, 224}, layers);
  EXPECT_EQ(model.layers[17].receptive_field, (Extent{212, 212}));
  EXPECT_EQ(model.layers[19].receptive_field, (Extent{404, 404}));
}

TEST(ReceptiveField, StaysANumberWhereTallMapsAreFlattenedAgainAndAgain) {
  Convolution tall = conv(1, {1, 1});
  tall.padding = {50'000, 0};
  std::vector<Layer> layers;
  for (const char* number : {"1", "2", "3", "4", "5"}) {
    layers.push_back({std::string("conv") + number, tall});
    layers.push_back({std::string("flatten") + number, Flatten{}});
  }
  layers.push_back({"dense", Dense{1}});

  EXPECT_GE(build({1, 1, 1}, layers).layers.back().receptive_field.height, 100'001);
}

TEST(Backward, StopsAtTheFirstLayerWithParameters) {
  const Model model = build({1, 8, 8}, {{"standardize", Standardize{}},
                                        {"conv", conv(2, {3, 3})},
                                        {"relu", ActivationLayer{}},
                                        {"dense", Dense{3}},
                                        {"softmax", Softmax{}}});
  const auto has = [&](int layer, Direction direction) {
    return has_direction(model.layers[static_cast<std::size_t>(layer)], direction);
  };
  EXPECT_FALSE(has(0, Direction::backward_data));
  EXPECT_FALSE(has(1, Direction::backward_data));
  EXPECT_TRUE(has(1, Direction::backward_weights));
  EXPECT_TRUE(has(2, Direction::backward_data));
  EXPECT_FALSE(has(2, Direction::backward_weights));
  EXPECT_TRUE(has(3, Direction::backward_data));
  EXPECT_FALSE(has(4, Direction::backward_data)) << "the loss is taken of what enters a closing softmax";
  EXPECT_EQ(model.loss_layer(), 3);
}

TEST(Backward, OneLayerAloneHasTheDirectionsThatItHasInTheNetwork) {
  const Model model = build({1, 8, 8}, {{"a", conv(2, {3, 3})}, {"b", conv(2, {3, 3})}});
  EXPECT_FALSE(has_direction(single_layer(model, 0).layers[0], Direction::backward_data));
  EXPECT_TRUE(has_direction(single_layer(model, 1).layers[0], Direction::backward_data));
  EXPECT_EQ(single_layer(model, 1).input, model.layers[0].output);
}

TEST(Prefix, CutsAfterTheGivenNumberOfLayers) {
  const Model model = build({1, 8, 8}, {{"a", conv(2, {3, 3})}, {"b", conv(4, {3, 3})}});
  const Model cut = prefix(model, 1);
  ASSERT_EQ(cut.layers.size(), 1U);
  EXPECT_EQ(cut.layers[0].output, model.layers[0].output);
  EXPECT_THROW(prefix(model, 0), std::out_of_range);
  EXPECT_THROW(prefix(model, 3), std::out_of_range);
}

TEST(Cost, BytesReadInputAndParametersOnceAndWriteOutputOnce) {
  const Model model = build({2, 4, 4}, {{"a", conv(3, {1, 1})}, {"b", conv(5, {3, 3})}, {"c", pool(2, 2)}});
  const ModelLayer& layer = model.layers[1];  // 3x4x4 -> 5x2x2, 135 weights, 5 biases
  EXPECT_EQ(bytes(layer, Direction::forward, 10), 4 * (10 * 48 + 140 + 10 * 20));
  EXPECT_EQ(bytes(layer, Direction::backward_data, 10), 4 * (10 * 20 + 135 + 10 * 48));
  EXPECT_EQ(bytes(layer, Direction::backward_weights, 10), 4 * (10 * 48 + 10 * 20 + 140));
  EXPECT_EQ(bytes(model.layers[2], Direction::backward_data, 10), 4 * (10 * 5 + 10 * 20 + 10 * 20));
  EXPECT_EQ(bytes(model.layers[2], Direction::backward_weights, 10), 0);
  EXPECT_EQ(bytes(model.layers[0], Direction::backward_data, 10), 0)
      << "the first layer has no backward data";
}

TEST(Cost, EveryDirectionThatExistsCountsTheSameFlops) {
  const Model model = build({2, 4, 4}, {{"a", conv(3, {1, 1})}, {"b", conv(5, {3, 3})}});
  const std::int64_t forward = 2 * 135 * 4 * 7;
  EXPECT_EQ(flops(model.layers[1], Direction::forward, 7), forward);
  EXPECT_EQ(flops(model.layers[1], Direction::backward_data, 7), forward);
  EXPECT_EQ(flops(model.layers[1], Direction::backward_weights, 7), forward);
  EXPECT_EQ(flops(model.layers[0], Direction::backward_data, 7), 0);
  EXPECT_EQ(flops(model.layers[1], Direction::reorder, 7), 0);
}

TEST(Cost, TrainingKeepsEveryActivationAndGradientInferenceTwoNeighbours) {
  const Model model = build({1, 4, 4}, {{"a", conv(2, {1, 1})}, {"b", conv(1, {1, 1})}});
  const std::int64_t parameters = (2 + 2) + (2 + 1);
  EXPECT_EQ(memory_bytes(model, false, 3), 4 * (parameters + 3 * (32 + 16)));
  EXPECT_EQ(memory_bytes(model, true, 3), 4 * (2 * parameters + 3 * (16 + 32 + 16 + 32 + 16)));
}

TEST(Errors, SayWhatDoesNotFit) {
  EXPECT_EQ(error_of({3, 5, 5}, {{"a", conv(1, {7, 7})}}), "kernel 7x7 leaves no output of an input of 5x5");
  Convolution cropped = conv(1, {3, 3});
  cropped.crop = 2;
  EXPECT_EQ(error_of({3, 5, 5}, {{"a", cropped}}),
            "kernel 3x3 leaves no output of an input of 5x5 after cropping 2 from every side");
  Convolution grouped = conv(4, {1, 1});
  grouped.groups = 2;
  EXPECT_EQ(error_of({3, 5, 5}, {{"a", grouped}}),
            "groups: 2 does not divide both the 3 input channels and the 4 filters");
  EXPECT_EQ(error_of({3, 5, 5}, {{"a", pool(2, 2, Border::drop, 2)}}),
            "padding must be smaller than the pooling window");
  EXPECT_EQ(error_of({3, 5, 5}, {{"a", Flatten{}}, {"a", Flatten{}}}),
            "the name 'a' is used by an earlier layer");
  EXPECT_EQ(error_of({3, 5, 5}, {}), "the network has no layers");
}

TEST(Errors, HugeNetworksAreRefusedBeforeAnyNumberOverflows) {
  const std::int64_t huge = 1'000'000;
  EXPECT_EQ(error_of({huge, huge, huge}, {{"a", Flatten{}}}),
            "its output of 1000000x1000000x1000000 is too large");
  EXPECT_EQ(error_of({huge, 100, 100}, {{"a", Dense{huge}}}), "it has too many weights");
  EXPECT_EQ(error_of({100, 4000, 4000}, {{"a", conv(1000, {3, 3})}}),
            "it needs too many operations (more than 2^41 an image)");
}

TEST(Names, AreTheConfigsWords) {
  EXPECT_EQ(kind_name(Pooling{PoolKind::average, {}, {}, {}, Border::drop}), "avg_pool");
  EXPECT_EQ(to_string(Shape{64, 224, 224}), "64x224x224");
  EXPECT_EQ(to_string(Extent{7, 7}), "7");
  EXPECT_EQ(to_string(Extent{7, 5}), "7x5");
  EXPECT_EQ(to_string(Direction::backward_weights), "backward_weights");
}

}  // namespace
}  // namespace cnnbench
