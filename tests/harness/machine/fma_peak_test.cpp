#include "harness/machine/fma_peak.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>

namespace cnnbench {
namespace {

using ::testing::Contains;
using ::testing::Not;

/// FLOP/s of one chain of multiply-adds, each waiting for the one before.
double rate_of_one_chain() {
  constexpr int steps = 2'000'000;
  volatile float factor = 0.999F;  // read each time, so that the loop stays
  float x = 0.5F;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < steps; ++i) x = x * factor + 0.001F;
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  EXPECT_NEAR(x, 1, 1e-2);
  return 2.0 * steps / seconds.count();
}

TEST(FmaPeak, IsPositiveAndNamesAnInstructionSetOfThisCpu) {
  const FmaPeak peak = measure_fma_peak(1);

  EXPECT_GT(peak.flops_per_second, 0);
  EXPECT_THAT(fma_instruction_sets(), Contains(peak.instruction_set));
}

TEST(FmaPeak, IsAboveTheRateOfOneScalarChain) {
  for (const std::string& set : fma_instruction_sets())
    EXPECT_GT(measure_fma_peak(1, set).flops_per_second, rate_of_one_chain()) << set;
}

TEST(FmaPeak, OfOneInstructionSetIsNamedForIt) {
  for (const std::string& set : fma_instruction_sets())
    EXPECT_EQ(measure_fma_peak(2, set).instruction_set, set);
}

TEST(FmaPeak, RefusesAnUnknownInstructionSetAndNoThreads) {
  ASSERT_THAT(fma_instruction_sets(), Not(Contains("MMX")));
  EXPECT_THROW(measure_fma_peak(1, "MMX"), std::invalid_argument);
  EXPECT_THROW(measure_fma_peak(0), std::invalid_argument);
}

}  // namespace
}  // namespace cnnbench
