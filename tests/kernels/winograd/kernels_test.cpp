// Which kernels there are.
#include "kernels/winograd/kernels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

#include "kernels/winograd/convolution.h"

namespace cnnbench::winograd {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

TEST(WinogradKernels, AreThereForSomeInstructionSetsEachNamedOnce) {
  const std::vector<std::string> names = instruction_sets();

  ASSERT_THAT(names, Not(IsEmpty()));
  EXPECT_THAT(std::set<std::string>(names.begin(), names.end()), SizeIs(names.size()));
  for (const std::string& name : names) EXPECT_THAT(name, MatchesRegex("[a-z0-9_]+"));
}

TEST(WinogradKernels, AreOthersForEachInstructionSetAndEachSizeOfBlocksAndTiles) {
  std::set<const Kernels*> all;
  for (const std::string& name : instruction_sets())
    for (const std::int64_t block : {8, 16})
      for (const int tile_size : {1, 2}) all.insert(&kernels(block, tile_size, name));

  EXPECT_THAT(all, SizeIs(4 * instruction_sets().size()));
}

TEST(WinogradKernels, AreRefusedForOtherBlocksAndTiles) {
  for (const std::int64_t block : {0, 1, 4, 12, 32, -8})
    EXPECT_THROW(kernels(block, 1, instruction_sets()[0]), std::invalid_argument) << block;
  for (const int tile_size : {-1, 0, 3})
    EXPECT_THROW(kernels(8, tile_size, instruction_sets()[0]), std::invalid_argument) << tile_size;
  EXPECT_THROW(Convolution({}, 4, instruction_sets()[0], 1), std::invalid_argument);
}

TEST(WinogradKernels, AreRefusedForOtherInstructionSets) {
  for (const char* name : {"", "avx7", "AVX2", "best"})
    EXPECT_THROW(kernels(8, 1, name), std::invalid_argument) << name;
  EXPECT_THROW(Convolution({}, 8, "avx7", 1), std::invalid_argument);
}

#if defined(HWY_COMPILE_ONLY_SCALAR)
TEST(WinogradKernels, OfAScalarBuildAreScalar) {
  EXPECT_THAT(instruction_sets(), ::testing::ElementsAre("scalar"));
}
#elif defined(__aarch64__)
TEST(WinogradKernels, OfArmAreOfNeon) {
  EXPECT_THAT(instruction_sets(), Contains(StartsWith("neon")));
}
#endif

}  // namespace
}  // namespace cnnbench::winograd
