#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "harness/machine/files.h"
#include "tests/harness/machine/fake_tree.h"

namespace cnnbench {
namespace {

namespace fs = std::filesystem;

/// A source folder, with the header that cmake/build_info.cmake writes about it.
class BuildInfo : public ::testing::Test {
 protected:
  BuildInfo() {
    tree_.write(
        "settings.cmake",
        "set(compiler [==[GNU 12]==])\nset(version 1.2)\nset(flags_Release [==[-O3 -DX=\"a;b\"]==])\n");
    tree_.write("source/main.cpp", "int main() {}\n");
  }

  fs::path source() const { return tree_.root() / "source"; }
  fs::path header() const { return tree_.root() / "build_info.h"; }

  static void run(const std::string& command) {
    ASSERT_EQ(std::system((command + " > /dev/null 2>&1").c_str()), 0) << command;
  }

  void git(const std::string& arguments) {
    run("git -C '" + source().string() + "' -c user.name=n -c user.email=e@example.org " + arguments);
  }

  void make_commit() {
    git("init");
    git("add .");
    git("commit -m first");
  }

  /// The value of a constant in the header after the script ran, as C++ writes it.
  std::string ask(const std::string& name, const std::string& source_folder = "source",
                  const std::string& git = "git") {
    run("cmake -D SOURCE='" + (tree_.root() / source_folder).string() + "' -D HEADER='" + header().string() +
        "' -D SETTINGS='" + (tree_.root() / "settings.cmake").string() +
        "' -D TYPE=Release -D OPTIONS=-Wall -D GIT=" + git + " -P '" +
        CNNBENCH_SOURCE_DIR "/cmake/build_info.cmake'");
    const std::string text = read_text(header()).value_or("");
    const std::size_t start = text.find(" " + name + " = ");
    if (start == std::string::npos) return "none";
    const std::size_t value = start + name.size() + 4;
    return text.substr(value, text.find(";\n", value) - value);
  }

  FakeTree tree_;
};

TEST_F(BuildInfo, HasNoCommitOutsideGit) {
  EXPECT_EQ(ask("git_commit"), "\"\"");
  EXPECT_EQ(ask("git_clean"), "false");
}

TEST_F(BuildInfo, HasNoCommitWithoutTheProgramGit) {
  make_commit();
  EXPECT_EQ(ask("git_commit", "source", "''"), "\"\"");
}

TEST_F(BuildInfo, HasNoCommitBeforeTheFirst) {
  git("init");
  EXPECT_EQ(ask("git_commit"), "\"\"");
}

TEST_F(BuildInfo, HasTheCommitOfACleanTree) {
  make_commit();
  EXPECT_EQ(ask("git_commit").size(), 42u);  // 40 digits in quotes
  EXPECT_EQ(ask("git_clean"), "true");
}

TEST_F(BuildInfo, SeesAChangeAndANewFile) {
  make_commit();
  tree_.write("source/main.cpp", "int main() { return 1; }\n");
  EXPECT_EQ(ask("git_clean"), "false");
  git("checkout .");
  EXPECT_EQ(ask("git_clean"), "true");
  tree_.write("source/new.cpp", "");
  EXPECT_EQ(ask("git_clean"), "false");
}

TEST_F(BuildInfo, WorksInAWorktree) {
  make_commit();
  git("worktree add ../other");
  EXPECT_EQ(ask("git_commit", "other"), ask("git_commit"));
  EXPECT_EQ(ask("git_clean", "other"), "true");
}

TEST_F(BuildInfo, IsNotThatOfARepositoryAround) {
  tree_.write("source/unpacked/main.cpp", "");
  make_commit();
  EXPECT_EQ(ask("git_commit", "source/unpacked"), "\"\"");
}

TEST_F(BuildInfo, KeepsFlagsAsTheyAre) {
  EXPECT_EQ(ask("flags"), "R\"info(-O3 -DX=\"a;b\" -Wall)info\"");
  EXPECT_EQ(ask("compiler"), "R\"info(GNU 12)info\"");
}

TEST_F(BuildInfo, LeavesAHeaderAloneThatDoesNotChange) {
  make_commit();
  ask("git_commit");
  const fs::file_time_type old = fs::file_time_type::clock::now() - std::chrono::hours(1);
  fs::last_write_time(header(), old);
  ask("git_commit");
  EXPECT_EQ(fs::last_write_time(header()), old);
}

}  // namespace
}  // namespace cnnbench
