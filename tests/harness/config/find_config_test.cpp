#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/harness/config/load.h"

namespace cnnbench {
namespace {

using ::testing::HasSubstr;

std::string error_of_name(const std::string& name, const std::vector<std::filesystem::path>& folders) {
  try {
    find_config(name, folders);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(FindConfig, TakesAPathThatExistsAsItIs) {
  const TemporaryFolder here, installed;
  const std::filesystem::path file = here.write("vgg16.yaml", "");
  installed.write("vgg16.yaml", "");
  EXPECT_EQ(find_config(file.string(), {installed.path()}), file);
}

// A name that no folder has where the tests may run.
TEST(FindConfig, FindsAnInstalledNameWithAndWithoutItsEnding) {
  const TemporaryFolder first, second;
  const std::filesystem::path file = second.write("only-installed.yaml", "");
  EXPECT_EQ(find_config("only-installed.yaml", {first.path(), second.path()}), file);
  EXPECT_EQ(find_config("only-installed", {first.path(), second.path()}), file);
}

TEST(FindConfig, PrefersTheFirstFolder) {
  const TemporaryFolder first, second;
  const std::filesystem::path file = first.write("only-installed.yaml", "");
  second.write("only-installed.yaml", "");
  EXPECT_EQ(find_config("only-installed", {first.path(), second.path()}), file);
}

TEST(FindConfig, NamesTheFoldersAndTheNearestName) {
  const TemporaryFolder first, second;
  second.write("vgg16.yaml", "");
  second.write("lenet.yaml", "");
  const std::string message = error_of_name("vgg61", {first.path(), second.path()});
  EXPECT_THAT(message, HasSubstr("cannot find config 'vgg61'"));
  EXPECT_THAT(message, HasSubstr(first.path().string() + ", " + second.path().string()));
  EXPECT_THAT(message, HasSubstr("did you mean 'vgg16'?"));
  EXPECT_THAT(error_of_name("configs/lente.yaml", {second.path()}), HasSubstr("did you mean 'lenet.yaml'?"));
}

TEST(FindConfig, SuggestsNothingWhereNothingIsNear) {
  const TemporaryFolder folder;
  folder.write("vgg16.yaml", "");
  EXPECT_THAT(error_of_name("transformer", {folder.path()}), Not(HasSubstr("did you mean")));
}

TEST(FindConfig, MissingFoldersAndOddNamesAreNoTrouble) {
  EXPECT_THAT(error_of_name("vgg16", {"/no/such/folder"}), HasSubstr("cannot find config"));
  EXPECT_THAT(error_of_name("vgg16", {}), HasSubstr("cannot find config"));
  EXPECT_THAT(error_of_name("", {}), HasSubstr("is empty"));
  EXPECT_THAT(error_of_name(std::string(5000, 'x'), {"/tmp"}), HasSubstr("cannot find config"));
}

TEST(FindConfig, LeavesAFolderToBeRefusedByName) {
  const TemporaryFolder folder;
  EXPECT_EQ(find_config(folder.path().string(), {}), folder.path());
}

}  // namespace
}  // namespace cnnbench
