#include "harness/machine/files.h"

#include <gmock/gmock.h>

#include "tests/harness/machine/fake_tree.h"

namespace cnnbench {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Files, AreEmptyWhereTheyCannotBeRead) {
  const FakeTree tree;
  EXPECT_EQ(read_text(tree.root() / "none"), std::nullopt);
  EXPECT_EQ(read_integer(tree.root() / "none"), std::nullopt);
  EXPECT_EQ(read_text(tree.root()), std::nullopt);  // a folder
}

TEST(Files, LoseTheLineEndOnly) {
  FakeTree tree;
  tree.write("file", " two words \n");
  EXPECT_EQ(read_text(tree.root() / "file"), " two words");
}

TEST(Files, AreNumbersOnlyWhereNothingElseIsInThem) {
  FakeTree tree;
  tree.write("number", "-1\n").write("max", "max\n").write("mixed", "12 kB\n").write("empty", "");
  EXPECT_EQ(read_integer(tree.root() / "number"), -1);
  EXPECT_EQ(read_integer(tree.root() / "max"), std::nullopt);
  EXPECT_EQ(read_integer(tree.root() / "mixed"), std::nullopt);
  EXPECT_EQ(read_integer(tree.root() / "empty"), std::nullopt);
  EXPECT_EQ(to_integer("99999999999999999999"), std::nullopt);
}

TEST(FindValue, TakesTheWholeKeyAndTheFirstLine) {
  const char* text = "cpu MHz\t\t: 2300.0\ncpu : POWER9\ncpu : other\nlast: end";
  EXPECT_EQ(find_value(text, "cpu"), "POWER9");
  EXPECT_EQ(find_value(text, "cpu MHz"), "2300.0");
  EXPECT_EQ(find_value(text, "last"), "end");
  EXPECT_EQ(find_value(text, "MHz"), std::nullopt);
  EXPECT_EQ(find_value("file 12\n", "file", ' '), "12");
}

TEST(CpuList, IsReadAsTheKernelWritesIt) {
  EXPECT_THAT(parse_cpu_list("0-2,5\n"), ElementsAre(0, 1, 2, 5));
  EXPECT_THAT(parse_cpu_list("7"), ElementsAre(7));
}

TEST(CpuList, IsEmptyWhereItIsNotOne) {
  EXPECT_THAT(parse_cpu_list(""), IsEmpty());
  EXPECT_THAT(parse_cpu_list("0-x"), IsEmpty());
  EXPECT_THAT(parse_cpu_list("0-99999999999"), IsEmpty());
}

}  // namespace
}  // namespace cnnbench
