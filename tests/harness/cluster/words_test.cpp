#include "harness/cluster/words.h"

#include <gtest/gtest.h>

namespace cnnbench {
namespace {

TEST(Words, WriteNumbersAsPeopleDo) {
  EXPECT_EQ(numbers_in_words({}), "");
  EXPECT_EQ(numbers_in_words({3}), "3");
  EXPECT_EQ(numbers_in_words({0, 1}), "0 and 1");
  EXPECT_EQ(numbers_in_words({0, 2, 5}), "0, 2 and 5");
  EXPECT_EQ(numbers_in_words({0, 1, 2}), "0-2");
  EXPECT_EQ(numbers_in_words({0, 1, 2, 3, 8, 9, 10, 11}), "0-3 and 8-11");
}

TEST(Words, FitTheNounToTheNumber) {
  EXPECT_EQ(name_numbers("core", {3}), "core 3");
  EXPECT_EQ(name_numbers("core", {0, 1}), "cores 0 and 1");
  EXPECT_EQ(count_of(1, "thread"), "1 thread");
  EXPECT_EQ(count_of(0, "thread"), "0 threads");
}

}  // namespace
}  // namespace cnnbench
