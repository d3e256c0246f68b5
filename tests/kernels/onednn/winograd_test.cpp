// The joint with kernels/winograd: which layers it takes, and how they lie in a network.
#include "kernels/onednn/winograd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "harness/backend/choice.h"
#include "harness/measure/verification.h"
#include "kernels/onednn/layer_choice.h"
#include "kernels/winograd/convolution.h"
#include "tests/kernels/networks.h"
#include "tests/kernels/onednn/winograd_chain.h"

namespace cnnbench {
namespace {

using onednn::WinogradUse;
using ::testing::Contains;
using ::testing::Each;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;

/// The convolutions and pools of VGG16 (Simonyan & Zisserman 2015, configuration D).
Network vgg16() {
  const LayerKind pool = max_pool({2, 2}, {2, 2});
  return {"vgg16",
          {3, 224, 224},
          {same(64), same(64), pool, same(128), same(128), pool, same(256), same(256), same(256), pool,
           same(512), same(512), same(512), pool, same(512), same(512), same(512), pool}};
}

std::vector<bool> taken(const Network& network, WinogradUse use) {
  std::vector<bool> layers;
  for (const auto& choice :
       onednn::layer_choices(network.model(), {Pass::forward, 8, 2, 1}, {.winograd = use}))
    layers.push_back(choice.source == onednn::Source::winograd);
  return layers;
}

TEST(OneDnnWinograd, TakesAllConvolutionsOfVgg16ButTheFirst) {
  const Network network = vgg16();
  const std::vector<bool> layers = taken(network, WinogradUse::by_shape);

  ASSERT_EQ(layers.size(), network.layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i)
    EXPECT_EQ(layers[i], i > 0 && std::holds_alternative<Convolution>(network.layers[i])) << i;
  EXPECT_EQ(std::count(layers.begin(), layers.end(), true), 12);
}

TEST(OneDnnWinograd, TakesNothingOfANetworkOf5x5Filters) {
  const Network network{"5x5", {64, 28, 28}, {same(64, 5), max_pool({2, 2}, {2, 2}), same(64, 5)}};

  for (const WinogradUse use : {WinogradUse::by_shape, WinogradUse::all})
    EXPECT_THAT(taken(network, use), Each(false));
  for (const Operation& operation : operations(network, Pass::forward_backward, "winograd"))
    EXPECT_FALSE(on_winograd(operation)) << operation.implementation;
}

TEST(OneDnnWinograd, LeavesNoWinogradToTheLibrary) {
  // With AVX-512 oneDNN 2.6 holds its own best for the three channels.
  const Network network{"beginning", {3, 224, 224}, {same(64), same(64)}};
  for (const Pass pass : {Pass::forward, Pass::forward_backward}) {
    const auto program = find_backend("winograd")->prepare(network.model(), {pass, 8, 2, 1});
    for (const Operation& operation : program->operations())
      EXPECT_THAT(operation.implementation, Not(HasSubstr("_wino_")));
  }
}

TEST(OneDnnWinograd, TakesNeitherStridesNorGroupsNorWhatIsNoConvolution) {
  const Network network{"others",
                        {64, 29, 29},
                        {strided(conv(64), {2, 2}), grouped(conv(64), 2), conv(64, {3, 1}), conv(64, {1, 1}),
                         average_pool({3, 3}, {1, 1}), ActivationLayer{}}};

  for (const WinogradUse use : {WinogradUse::by_shape, WinogradUse::by_timing, WinogradUse::all})
    EXPECT_THAT(taken(network, use), Each(false));
}

TEST(OneDnnWinograd, LeavesSmallConvolutionsToTheLibraryUnlessAskedForAll) {
  const Network network{"small", {3, 12, 12}, {same(8), same(8)}};

  EXPECT_THAT(taken(network, WinogradUse::by_shape), Each(false));
  EXPECT_THAT(taken(network, WinogradUse::all), Each(true));
  EXPECT_THAT(taken(network, WinogradUse::none), Each(false));
}

TEST(OneDnnWinograd, TellsMethodAndInstructionSetOfEachOperation) {
  const std::vector<Operation> all = operations(chain(), Pass::forward_backward, "winograd");
  for (const int layer : {1, 3, 4, 6})
    for (const Direction direction :
         {Direction::forward, Direction::backward_data, Direction::backward_weights})
      EXPECT_THAT(implementations(all, layer, direction),
                  Contains(MatchesRegex("winograd:f[46]x[46](\\+pool)?:[a-z0-9_]+")).Times(1))
          << layer;
  for (const Operation& operation : all) {
    if (operation.direction == Direction::reorder) continue;
    const bool ours =
        operation.layer == 1 || operation.layer == 3 || operation.layer == 4 || operation.layer == 6;
    EXPECT_EQ(on_winograd(operation), ours) << operation.layer << " " << operation.implementation;
  }
}

/// The implementations of the reorders between the first and the last operation on kernels/winograd in some
/// directions.
std::vector<std::string> reorders_between(const std::vector<Operation>& all,
                                          const std::vector<Direction>& directions) {
  const auto wanted = [&](const Operation& operation) {
    return on_winograd(operation) &&
           std::find(directions.begin(), directions.end(), operation.direction) != directions.end();
  };
  const auto first = std::find_if(all.begin(), all.end(), wanted);
  const auto last = std::find_if(all.rbegin(), all.rend(), wanted).base();
  std::vector<std::string> names;
  for (auto each = first; each < last; ++each)
    if (each->direction == Direction::reorder)
      names.push_back(std::to_string(each->layer) + " " + each->implementation);
  return names;
}

TEST(OneDnnWinograd, SharesItsLayoutWithThePoolsAndConvolutionsAround) {
  const std::vector<Operation> inference = operations(chain(), Pass::forward, "winograd");
  ASSERT_EQ(std::count_if(inference.begin(), inference.end(), on_winograd), 4);
  EXPECT_THAT(reorders_between(inference, {Direction::forward}), IsEmpty());

  const std::vector<Operation> training = operations(chain(), Pass::forward_backward, "winograd");
  EXPECT_THAT(reorders_between(training, {Direction::forward}), IsEmpty());
  EXPECT_THAT(reorders_between(training, {Direction::backward_data, Direction::backward_weights}), IsEmpty());
}

TEST(OneDnnWinograd, LeavesALaterConvolutionOfTheLibraryTheLayoutThatItIsBestAt) {
  const Network network{"later", {64, 12, 12}, {same(64), same(64), conv(96, {6, 6}), conv(32, {1, 1})}};

  const std::vector<Operation> ours = operations(network, Pass::forward, "winograd");
  const std::vector<Operation> alone = operations(network, Pass::forward, "onednn");

  EXPECT_TRUE(on_winograd(ours[0]) || on_winograd(ours[1]));
  for (const int layer : {2, 3})
    EXPECT_EQ(implementations(ours, layer, Direction::forward),
              implementations(alone, layer, Direction::forward));
}

TEST(OneDnnWinograd, TransformsWeightsInTheStepOfTrainingAndNotInThatOfInference) {
  for (const Operation& operation : operations(chain(), Pass::forward, "winograd"))
    EXPECT_THAT(operation.implementation, Not(EndsWith(":weights")));

  for (const Pass pass : {Pass::forward_backward, Pass::train}) {
    const std::vector<Operation> all = operations(chain(), pass, "winograd");
    for (const int layer : {1, 3, 4, 6}) {
      for (const Direction direction : {Direction::forward, Direction::backward_data})
        EXPECT_THAT(implementations(all, layer, direction), Contains(EndsWith(":weights")).Times(1)) << layer;
      EXPECT_THAT(implementations(all, layer, Direction::backward_weights),
                  Not(Contains(EndsWith(":weights"))))
          << layer;
    }
  }
}

TEST(OneDnnWinograd, TellsHowMuchLargerItsErrorsAre) {
  for (const Operation& operation : operations(chain(), Pass::forward_backward, "winograd"))
    if (on_winograd(operation) && !operation.implementation.ends_with(":weights")) {
      EXPECT_EQ(operation.algorithm, Algorithm::winograd) << operation.implementation;
      EXPECT_GT(operation.error_growth, 5) << operation.implementation;
      EXPECT_LT(operation.error_growth, 80) << operation.implementation;
    } else {
      EXPECT_EQ(operation.algorithm, Algorithm::direct) << operation.implementation;
      EXPECT_EQ(operation.error_growth, 1) << operation.implementation;
    }
}

TEST(OneDnnWinograd, TellsTheMemoryOfItsTransformedWeights) {
  const Model model = chain().model();
  const auto bytes = [&](const std::string& backend, Pass pass) {
    return find_backend(backend)->extra_bytes(model, {pass, 2, 2, 1});
  };
  std::int64_t weights = 0;
  std::int64_t scratch = 0;
  std::int64_t training = 0;
  for (const std::size_t layer : {1, 3, 4, 6}) {
    const auto sizes = [&](Pass pass) {
      return onednn::best_tile_sizes(model.layers[layer], {pass, 2, 2, 1});
    };
    const auto one = [&](int size) {
      return onednn::winograd_convolution(model.layers[layer], {Pass::forward, 2, 2, 1}, size);
    };
    const winograd::Convolution inference = one(sizes(Pass::forward).forward);
    EXPECT_GE(inference.packed_size(), 36 * 64 * 64);
    weights += inference.packed_size();
    scratch = std::max(scratch, inference.forward_scratch_size());
    const onednn::TileSizes trained = sizes(Pass::forward_backward);
    const winograd::Convolution forward = one(trained.forward);
    const winograd::Convolution data = one(trained.backward_data);
    const winograd::Convolution gradient = one(trained.backward_weights);
    training = std::max({training, forward.packed_size() + forward.forward_scratch_size(),
                         data.packed_backward_size() + data.backward_data_scratch_size(),
                         gradient.backward_weights_scratch_size()});
  }

  EXPECT_EQ(bytes("onednn", Pass::forward), 0);
  EXPECT_EQ(bytes("winograd", Pass::forward), 4 * (weights + scratch));
  EXPECT_EQ(bytes("winograd", Pass::forward_backward),
            bytes("onednn", Pass::forward_backward) + 2 * 4 * static_cast<double>(training));
  EXPECT_GT(bytes("winograd:tune", Pass::forward),
            bytes("winograd", Pass::forward));  // as if it took layer 0, and the larger tiles
}

TEST(OneDnnWinograd, ComputesACropDeeperThanThePaddingWhichTheLibraryCannot) {
  const Model model = Network{"deep_crop", {3, 9, 9}, {cropped(conv(5), 1)}}.model();
  const PrepareOptions how{Pass::forward_backward, 2, 2, 1};
  const Backend& winograd = *find_backend("winograd");

  EXPECT_NE(find_backend("onednn")->unsupported(model.layers[0], how.pass), "");
  EXPECT_EQ(winograd.unsupported(model.layers[0], how.pass), "");
  const auto program = winograd.prepare(model, how);
  program->step();
  EXPECT_THAT(implementations(program->operations(), 0, Direction::forward),
              Contains(MatchesRegex("winograd:f[46]x[46]:[a-z0-9_]+")));
  for (const Check& check : verify(*program, model, how, *find_backend("reference")->oracle(), {}))
    EXPECT_TRUE(check.passed) << tensor_name(check.tensor) << ", " << check.message;
}

}  // namespace
}  // namespace cnnbench
