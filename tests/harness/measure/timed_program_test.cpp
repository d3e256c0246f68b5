#include "harness/measure/timed_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/harness/measure/fake_backend.h"

namespace cnnbench {
namespace {

using ::testing::ElementsAre;

constexpr Direction forward = Direction::forward;
constexpr Direction data = Direction::backward_data;
constexpr Direction reorder = Direction::reorder;

// Times are sums of powers of two, so that they are exact.
class TimedProgram : public ::testing::Test {
 protected:
  FakeClock clock;
  ScriptedProgram program{clock,
                          {{{0, reorder, "copy"}, 0.5},
                           {{0, forward, "jit:avx2"}, 1},
                           {{1, forward, "ref"}, 2},
                           {{1, data, "jit:avx2_vnni"}, 4},
                           {{1, data, "jit:avx2"}, 8},
                           {{1, data, "jit:avx2"}, 16},
                           {{0, reorder, "copy"}, 32}}};
};

TEST_F(TimedProgram, GroupsOperationsByLayerAndDirectionInTheOrderOfTheirFirst) {
  std::vector<std::string> groups;
  for (const OperationGroup& group : group_operations(program))
    groups.push_back(std::to_string(group.layer) + " " + std::string(to_string(group.direction)) + " " +
                     group.implementation);

  EXPECT_THAT(groups, ElementsAre("0 reorder copy", "0 forward jit:avx2", "1 forward ref",
                                  "1 backward_data jit:avx2_vnni + jit:avx2"));
}

TEST_F(TimedProgram, AGroupIsDirectEquivalentWhereOneOfItsOperationsIs) {
  const ScriptedProgram transformed(clock, {{{0, forward, "wino:weights"}, 1},
                                            {{0, forward, "wino", "", Algorithm::winograd, 10.4}, 1},
                                            {{1, forward, "jit"}, 1}});
  const std::vector<OperationGroup> groups = group_operations(transformed);

  EXPECT_TRUE(groups[0].direct_equivalent);
  EXPECT_FALSE(groups[1].direct_equivalent);
  EXPECT_TRUE(direct_equivalent(transformed));
  EXPECT_TRUE(direct_equivalent(transformed, 0));
  EXPECT_FALSE(direct_equivalent(transformed, 1));
  EXPECT_FALSE(direct_equivalent(program));
}

TEST_F(TimedProgram, TimesTheWholeStepByOnePairOfReadings) {
  const TimedStep step = time_whole_step(program, clock);
  double seconds = 0;
  clock.advance(1024);
  clock.set_behind(4096);

  EXPECT_EQ(step.run({&seconds, 1}), 4096 + 1024);  // when it began, by rank 0's clock

  EXPECT_EQ(step.parts, 1U);
  EXPECT_EQ(seconds, 63.5);
  EXPECT_EQ(program.trace->runs.size(), 7U);
}

TEST_F(TimedProgram, AddsUpTheOperationsOfAGroup) {
  const TimedStep step = time_operations(program, clock);
  std::vector<double> seconds(step.parts, 99);
  clock.advance(1024);
  clock.set_behind(4096);

  EXPECT_EQ(step.run(seconds), 4096 + 1024);
  EXPECT_THAT(seconds, ElementsAre(32.5, 1, 2, 28));
  step.run(seconds);  // a step does not carry over the one before
  EXPECT_THAT(seconds, ElementsAre(32.5, 1, 2, 28));

  EXPECT_EQ(program.trace->runs.size(), 14U);
}

TEST_F(TimedProgram, TimesTheOperationsOfALayerAndNoOthersInTheOrderOfTheStep) {
  const TimedStep step = time_layer(program, clock, 0);
  std::vector<double> seconds(step.parts, 99);

  step.run(seconds);

  EXPECT_THAT(seconds, ElementsAre(32.5, 1));
  EXPECT_THAT(program.trace->runs, ElementsAre(0, 1, 6));
  EXPECT_EQ(group_operations(program, 0).size(), 2U);
}

TEST_F(TimedProgram, LeadsInToALayerByTheStepUpToItsLastOperation) {
  time_layer(program, clock, 1).lead_in();

  EXPECT_THAT(program.trace->runs, ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_FALSE(time_whole_step(program, clock).lead_in);
  EXPECT_FALSE(time_operations(program, clock).lead_in);
}

TEST_F(TimedProgram, AllWaysToTimeAProgramAreOfThatProgram) {
  for (const TimedStep& step :
       {time_whole_step(program, clock), time_operations(program, clock), time_layer(program, clock, 1)})
    EXPECT_EQ(step.program, &program);
}

TEST_F(TimedProgram, AGroupHasTheLayoutsOfItsOperationsEachOnce) {
  const ScriptedProgram in_blocks(clock, {{{0, forward, "jit", "acdb"}, 1},
                                          {{0, forward, "eltwise", "acdb"}, 1},
                                          {{0, forward, "jit", "acdb → abcd"}, 1},
                                          {{0, forward, "loop"}, 1}});

  EXPECT_EQ(group_operations(in_blocks).at(0).layout, "acdb + acdb → abcd");
  EXPECT_EQ(group_operations(program).at(0).layout, "");
}

TEST(TimedOperations, OfAnEmptyProgramAreNone) {
  FakeClock clock;
  ScriptedProgram program(clock, {});

  EXPECT_EQ(time_operations(program, clock).parts, 0U);
  EXPECT_TRUE(group_operations(program).empty());
}

}  // namespace
}  // namespace cnnbench
