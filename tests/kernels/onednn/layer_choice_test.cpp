// Who computes a layer and what follows for its neighbours; what winograd:tune chooses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "kernels/onednn/layer_choice.h"
#include "kernels/onednn/program.h"
#include "tests/kernels/onednn/winograd_chain.h"
#include "tests/kernels/scripted_tuner.h"

namespace cnnbench {
namespace {

using onednn::layer_choices;
using onednn::LayerChoice;
using onednn::Source;
using onednn::TileSizes;
using onednn::WinogradUse;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::SizeIs;

/// What winograd:tune takes for the layers of a network, by this tuner.
std::vector<LayerChoice> tuned(const Network& network, ScriptedTuner& tuner,
                               Pass pass = Pass::forward_backward) {
  return layer_choices(network.model(), {pass, 2, 2, 1, {}, &tuner}, {.winograd = WinogradUse::by_timing});
}

/// A layer that both sides can compute, behind one that has a gradient to give.
const Network two{"two", {64, 16, 16}, {same(64), same(72)}};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string in_words(const LayerChoice& choice) {
  std::string words = choice.source == Source::library    ? "library"
                      : choice.source == Source::winograd ? "winograd"
                                                          : "layer before";
  if (choice.computes_next) words += ", computes next";
  if (choice.relu_of_before) words += ", relu of before";
  if (choice.relu_by_next) words += ", relu by next";
  if (choice.blocked_input) words += ", blocked input";
  if (choice.blocked_output) words += ", blocked output";
  return words;
}

TEST(LayerChoices, SayWhatFollowsFromTheNeighbours) {
  std::vector<std::string> words;
  for (const LayerChoice& choice : layer_choices(chain().model(), {Pass::forward_backward, 2, 2, 1},
                                                 {.direct = true, .winograd = WinogradUse::by_shape}))
    words.push_back(in_words(choice));
  EXPECT_THAT(words, ElementsAre("library, relu by next, blocked output",
                                 "winograd, computes next, relu of before, blocked output",
                                 "layer before, blocked input, blocked output",
                                 "winograd, blocked input, blocked output",
                                 "winograd, computes next, blocked input, blocked output",
                                 "layer before, blocked input, blocked output", "winograd", "library",
                                 "library", "library"));
}

TEST(OneDnnWinogradChoice, IsOfTheFasterTilesInEachDirection) {
  for (const bool second : {false, true}) {
    ScriptedTuner tuner;
    tuner.prefer = [&](const std::string& key, const std::string& name) {
      return name == "winograd" ||
             name ==
                 (contains(key, "tiles, backward_data") == second ? "tiles of size 2" : "tiles of size 1");
    };
    const LayerChoice choice = tuned(two, tuner)[1];
    ASSERT_EQ(choice.source, Source::winograd);
    EXPECT_EQ(choice.tiles.backward_data, second ? 2 : 1);
    EXPECT_EQ(choice.tiles.forward, second ? 1 : 2);
    EXPECT_EQ(choice.tiles.backward_weights, second ? 1 : 2);
  }
}

TEST(OneDnnWinogradChoice, ExpectsWhatTheArithmeticPromises) {
  // 3 channels: not on kernels/winograd by its shape.
  const Network network{"three", {3, 32, 32}, {same(64), same(64), same(512)}};
  for (const Pass pass : {Pass::forward, Pass::forward_backward}) {
    ScriptedTuner tuner;
    const Model model = network.model();
    const PrepareOptions options{pass, 2, 2, 1};
    const auto by_shape = layer_choices(model, options, {.direct = true, .winograd = WinogradUse::by_shape});
    const auto without = layer_choices(model, options, {.winograd = WinogradUse::by_timing});
    const auto first = tuned(network, tuner, pass);
    for (const auto& choices : {without, first})
      for (std::size_t i = 0; i < by_shape.size(); ++i) {
        ASSERT_EQ(choices[i].source, by_shape[i].source) << i;
        EXPECT_EQ(choices[i].direct, choices[i].source == Source::library) << i;
        EXPECT_EQ(choices[i].tiles, by_shape[i].tiles);
      }
  }
}

TEST(OneDnnWinogradChoice, IsTheLibraryWhereThatIsTheFastest) {
  ScriptedTuner tuner;
  tuner.prefer = [](const std::string&, const std::string& name) { return name == "onednn, direct"; };
  for (const LayerChoice& choice : tuned(two, tuner)) {
    EXPECT_EQ(choice.source, Source::library);
    EXPECT_TRUE(choice.direct);
  }
}

TEST(OneDnnWinogradChoice, IsTheLibrarysOwnWinogradWhereThatIsTheFastest) {
  ScriptedTuner tuner;
  tuner.prefer = [](const std::string&, const std::string& name) {
    return name == "onednn, its own Winograd";
  };
  for (const LayerChoice& choice : tuned(two, tuner)) {
    EXPECT_EQ(choice.source, Source::library);
    EXPECT_FALSE(choice.direct);
  }
}

TEST(OneDnnWinogradChoice, IsOursWhereTheLibraryCannot) {
  const Network network{"deep_crop", {3, 9, 9}, {cropped(conv(5), 1)}};
  ScriptedTuner tuner;
  EXPECT_EQ(tuned(network, tuner, Pass::forward)[0].source, Source::winograd);
  for (const auto& question : tuner.questions) EXPECT_THAT(question.names, Each(HasSubstr("tiles")));
}

TEST(OneDnnWinogradChoice, IsTheSameQuestionForLayersThatAreEqualInAllButName) {
  const Network network{"equal", {64, 16, 16}, {same(64), same(64), same(64)}};
  ScriptedTuner tuner;
  tuned(network, tuner);
  // Of the first there is no gradient to give back, so that it is other work.
  ASSERT_THAT(tuner.questions, SizeIs(3 + 4 + 4));
  for (std::size_t i = 3; i < 7; ++i) EXPECT_EQ(tuner.questions[i], tuner.questions[i + 4]);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 3; j < 7; ++j) EXPECT_NE(tuner.questions[i].key, tuner.questions[j].key);
}

TEST(OneDnnWinogradChoice, IsAmongCandidatesThatRunAgainAndAgain) {
  for (const Pass pass : {Pass::forward, Pass::forward_backward}) {
    ScriptedTuner tuner;
    tuner.runs_all = true;
    tuned(two, tuner, pass);
    // The library has no Winograd of its own on every CPU.
    EXPECT_THAT(tuner.failed,
                Each(EndsWith("its own Winograd: the library does not take a Winograd of its own")));
  }
}

TEST(OneDnnWinogradChoice, OfTilesIsThatOfTheOperations) {
  const Model model = chain().model();
  const TileSizes sizes{.forward = 1, .backward_data = 2, .backward_weights = 1};
  const auto program = onednn::make_program(model, {Pass::forward_backward, 2, 2, 1}, {},
                                            onednn::winograd_everywhere(model, sizes));

  int found = 0;
  for (const Operation& operation : program->operations()) {
    if (!on_winograd(operation)) continue;
    ++found;
    EXPECT_THAT(operation.implementation,
                HasSubstr(operation.direction == Direction::backward_data ? ":f6x6" : ":f4x4"));
  }
  EXPECT_GT(found, 12);
}

}  // namespace
}  // namespace cnnbench
