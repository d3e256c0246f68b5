#include "harness/measure/student_t.h"

#include <gtest/gtest.h>

#include <limits>

namespace cnnbench {
namespace {

// From scipy 1.10.1: 2 * scipy.stats.t.sf(t, df) and scipy.stats.t.ppf(1 - p / 2, df).
TEST(StudentT, HasThePOfATable) {
  EXPECT_NEAR(student_p(1, 1), 0.5, 1e-14);
  EXPECT_EQ(student_p(0, 7), 1);
  EXPECT_EQ(student_p(std::numeric_limits<double>::infinity(), 7), 0);
  EXPECT_NEAR(student_p(2.5, 3) / 0.08770664700806555, 1, 1e-11);
  EXPECT_NEAR(student_p(0.1, 19) / 0.9213919497652545, 1, 1e-11);
  EXPECT_NEAR(student_p(4.77, 5) / 0.0050148056037067346, 1, 1e-11);
  EXPECT_NEAR(student_p(12, 40) / 7.82417130425597e-15, 1, 1e-11);
  EXPECT_NEAR(student_p(2, 2000) / 0.04563527331169483, 1, 1e-11);
}

TEST(StudentT, HasTheQuantilesOfATable) {
  EXPECT_NEAR(student_quantile(0.05, 9), 2.2621571627409915, 1e-9);
  EXPECT_NEAR(student_quantile(0.05, 3), 3.182446305284263, 1e-9);
  EXPECT_NEAR(student_quantile(0.01, 19), 2.860934606449914, 1e-9);
  EXPECT_NEAR(student_quantile(0.0001, 7), 7.8845842624167775, 1e-9);
  EXPECT_NEAR(student_quantile(0.05, 1e+06), 1.9599663568141066, 1e-9);
}

}  // namespace
}  // namespace cnnbench
