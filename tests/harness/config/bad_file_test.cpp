#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/harness/config/load.h"

namespace cnnbench {
namespace {

std::string error_of_file(const std::filesystem::path& file) {
  try {
    load_config(file);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(BadFile, MissingIsNamed) {
  EXPECT_EQ(error_of_file("no/such.yaml"), "no/such.yaml: there is no such file");
}

TEST(BadFile, BelowAFileIsMissing) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.write("a.yaml", "") / "b.yaml";
  EXPECT_EQ(error_of_file(file), file.string() + ": there is no such file");
}

TEST(BadFile, FolderIsRefused) {
  const TemporaryFolder folder;
  EXPECT_EQ(error_of_file(folder.path()), folder.path().string() + ": is a folder; expected a config file");
}

TEST(BadFile, PipeIsRefusedWithoutWaitingForIt) {
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "pipe.yaml").string();
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  EXPECT_EQ(error_of_file(file), file + ": is not a regular file");
}

TEST(BadFile, EndlessDeviceIsRefused) {
  EXPECT_EQ(error_of_file("/dev/zero"), "/dev/zero: is not a regular file");
}

TEST(BadFile, TooLongNameIsRefused) {
  EXPECT_THAT(error_of_file(std::string(5000, 'x')), ::testing::HasSubstr("cannot be read: "));
}

TEST(BadFile, UnreadableIsRefusedUnlessRoot) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.write("net.yaml", network_text("  - flatten\n"));
  ASSERT_EQ(::chmod(file.c_str(), 0), 0);
  // The rights of a file do not bind root.
  const std::string expected = ::geteuid() == 0 ? "" : file.string() + ": cannot be read: Permission denied";
  EXPECT_EQ(error_of_file(file), expected);
}

TEST(BadFile, ByteOrderMarkIsAccepted) {
  EXPECT_EQ(load_network("\xEF\xBB\xBF" + network_text("  - flatten\n")).model.name, "net");
}

TEST(BadFile, WindowsLineEndsKeepThePlaces) {
  EXPECT_THAT(error_of("model: net\r\n\r\nlayer: 1\r\n"), ::testing::StartsWith("net.yaml:3:1: "));
}

}  // namespace
}  // namespace cnnbench
