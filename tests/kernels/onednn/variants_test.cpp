#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "harness/backend/choice.h"
#include "tests/kernels/networks.h"

namespace cnnbench {
namespace {

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

TEST(OneDnnVariants, TheBestIsNeverTheLibrarysUnoptimisedLoop) {
  for (const Direction direction :
       {Direction::forward, Direction::backward_data, Direction::backward_weights})
    for (const Operation& operation : operations("onednn:impl=best", direction, Pass::forward_backward))
      EXPECT_FALSE(operation.implementation.starts_with("ref")) << operation.implementation;
}

TEST(OneDnnVariants, PrepareTheSameAgainFromWhatWasTimedBefore) {
  const auto names = [] {
    std::vector<std::string> list;
    for (const Operation& operation : operations("onednn:impl=best", Direction::forward))
      list.push_back(operation.implementation);
    return list;
  };
  EXPECT_EQ(names(), names());
}

}  // namespace
}  // namespace cnnbench
