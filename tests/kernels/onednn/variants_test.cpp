#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "harness/backend/choice.h"
#include "tests/kernels/networks.h"
#include "tests/kernels/scripted_tuner.h"

namespace cnnbench {
namespace {

using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Network small() {
  return {"small", {16, 12, 12}, {with(conv(32), Activation::relu), with(conv(32), Activation::relu)}};
}

std::vector<Operation> operations(const std::string& backend, Direction direction,
                                  Pass pass = Pass::forward) {
  const auto program = find_backend(backend)->prepare(small().model(), {pass, 4, 2, 1});
  std::vector<Operation> list;
  for (const Operation& operation : program->operations())
    if (operation.direction == direction) list.push_back(operation);
  return list;
}

TEST(OneDnnVariants, WithoutFusionTheActivationIsAnOperationOfItsOwn) {
  EXPECT_THAT(operations("onednn", Direction::forward), SizeIs(2));
  EXPECT_THAT(operations("onednn:fusion=off", Direction::forward), SizeIs(4));
}

TEST(OneDnnVariants, InPlainLayoutNothingIsReordered) {
  for (const Pass pass : {Pass::forward, Pass::forward_backward})
    EXPECT_THAT(operations("onednn:layout=nchw", Direction::reorder, pass), IsEmpty());
}

/// A program of onednn:impl=best, by this tuner.
std::unique_ptr<Program> best(ScriptedTuner& tuner, Pass pass = Pass::forward_backward) {
  return find_backend("onednn:impl=best")->prepare(small().model(), {pass, 4, 2, 1, {}, &tuner});
}

TEST(OneDnnVariants, TheBestIsNeverTheLibrarysUnoptimisedLoop) {
  ScriptedTuner tuner;
  best(tuner);
  ASSERT_THAT(tuner.questions, SizeIs(2 + 2 + 1));  // forward, backward weights and data of two layers
  for (const auto& question : tuner.questions) {
    EXPECT_THAT(question.names, SizeIs(Gt(1U))) << question.key;
    for (const std::string& name : question.names) EXPECT_FALSE(name.starts_with("ref")) << name;
  }
}

TEST(OneDnnVariants, OfTheBestAllCandidatesRunAgainAndAgain) {
  ScriptedTuner tuner;
  tuner.runs_all = true;
  best(tuner);
  EXPECT_THAT(tuner.failed, IsEmpty());
}

TEST(OneDnnVariants, TheBestIsWhatTheTunerChooses) {
  ScriptedTuner all;
  best(all);
  for (const auto& question : all.questions) {
    const std::string& wanted = question.names.back();
    ScriptedTuner tuner;
    tuner.prefer = [&](const std::string& key, const std::string& name) {
      return key == question.key && name == wanted;
    };
    const auto program = best(tuner);
    program->step();
    const std::string implementation = wanted.substr(0, wanted.find(','));
    const auto& operations = program->operations();
    EXPECT_TRUE(std::any_of(operations.begin(), operations.end(), [&](const Operation& operation) {
      return operation.implementation == implementation;
    })) << wanted;
  }
}

TEST(OneDnnVariants, AskTheSameQuestionsInEveryProgram) {
  ScriptedTuner first;
  ScriptedTuner second;
  best(first);
  best(second);
  EXPECT_EQ(first.questions, second.questions);
  for (const auto& question : first.questions) {
    EXPECT_THAT(question.key, HasSubstr("forward-backward, batch 4"));
    const std::set<std::string> names(question.names.begin(), question.names.end());
    EXPECT_EQ(names.size(), question.names.size()) << question.key;
  }
}

TEST(OneDnnVariants, WithoutATunerTheBestIsTheLibrarysOwnChoice) {
  const auto implementations_of = [](const std::string& backend) {
    std::vector<std::string> list;
    for (const Operation& operation : operations(backend, Direction::forward))
      list.push_back(operation.implementation);
    return list;
  };
  EXPECT_EQ(implementations_of("onednn:impl=best"), implementations_of("onednn"));
}

}  // namespace
}  // namespace cnnbench
