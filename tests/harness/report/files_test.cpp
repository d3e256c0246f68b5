#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>

#include "tests/harness/report/report_fixture.h"

namespace cnnbench {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// A folder of its own for each test, removed afterwards.
class Files : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "cnnbench-files-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  static Report report() {
    Report report;
    report.name = "vgg16";
    report.start_time = "2026-11-21T21:57:45Z";
    std::vector<Record>& records = testing::backend_in(report).views[View::network].records;
    records = {testing::network_record(1.25, 0.005, 10)};
    records[0].samples.assign(10000, 1.25);
    return report;
  }

  /// Writes a result once.
  static fs::path write_results(const Report& report, const fs::path& output) {
    ResultFolder folder(report, output);
    folder.write(report);
    return folder.path();
  }

  static std::string read(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  template <typename Action>
  static std::string message_of(Action action) {
    try {
      action();
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  }

  fs::path folder_;
};

TEST_F(Files, OneFolderHoldsBothFilesAndNothingElseIsLeft) {
  const fs::path result = write_results(report(), folder_);
  EXPECT_EQ(result, folder_ / "20261121T215745Z-vgg16");
  EXPECT_EQ(nlohmann::ordered_json::parse(read(result / "result.json")), result_json(report()));
  EXPECT_EQ(read(result / "layers.csv"), layers_csv(report()));
  EXPECT_EQ(entries(), 1U);
}

TEST_F(Files, AreReplacedByThoseOfALaterReport) {
  Report early = report();
  early.status = "running";
  early.networks.clear();
  ResultFolder folder(early, folder_);
  folder.write(early);
  EXPECT_EQ(nlohmann::ordered_json::parse(read(folder.path() / "result.json")), result_json(early));
  folder.write(report());
  EXPECT_EQ(nlohmann::ordered_json::parse(read(folder.path() / "result.json")), result_json(report()));
  EXPECT_EQ(read(folder.path() / "layers.csv"), layers_csv(report()));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 2);
}

TEST_F(Files, AFolderInWhichNothingWasWrittenGoesWithItsParents) {
  { const ResultFolder folder(report(), folder_ / "a" / "b"); }
  EXPECT_EQ(entries(), 0U);
}

TEST_F(Files, ARunOfSeveralBackendsHasATableOfThem) {
  EXPECT_FALSE(fs::exists(write_results(report(), folder_) / "backends.csv"));
  Report several = report();
  PassReport& pass = testing::pass_in(several);
  BackendReport& reference = pass.backends.emplace_back(BackendReport(pass.backends[0]));
  reference.name = "reference";
  const fs::path result = write_results(several, folder_);
  EXPECT_EQ(read(result / "backends.csv"), backends_csv(several));
  EXPECT_NE(read(result / "backends.csv"), "");
}

TEST_F(Files, ANameThatIsTakenGetsANumber) {
  write_results(report(), folder_);
  EXPECT_EQ(write_results(report(), folder_).filename(), "20261121T215745Z-vgg16-2");
  std::ofstream(folder_ / "20261121T215745Z-vgg16-3") << "a file in the way";
  EXPECT_EQ(write_results(report(), folder_).filename(), "20261121T215745Z-vgg16-4");
}

TEST_F(Files, AnEmptyFolderInTheWayIsNotTakenOver) {
  fs::create_directory(folder_ / "20261121T215745Z-vgg16");
  EXPECT_EQ(write_results(report(), folder_).filename(), "20261121T215745Z-vgg16-2");
}

TEST_F(Files, MissingParentsAreMade) {
  EXPECT_TRUE(fs::exists(write_results(report(), folder_ / "a" / "b" / "") / "result.json"));
}

TEST_F(Files, ANameCannotLeaveTheFolder) {
  Report wild = report();
  wild.name = "../../etc/x y";
  EXPECT_EQ(write_results(wild, folder_), folder_ / "20261121T215745Z-.._.._etc_x_y");
}

TEST_F(Files, TextThatIsNotUtf8DoesNotCostTheResult) {
  Report odd = report();
  odd.configs.push_back({{"name", "\xff\xfe"}, {"text", "\xff\xfe"}});
  EXPECT_TRUE(nlohmann::ordered_json::accept(read(write_results(odd, folder_) / "result.json")));
}

TEST_F(Files, AFileInTheWayIsNamedWithTheReason) {
  std::ofstream(folder_ / "file") << "x";
  for (const fs::path& output : {folder_ / "file", folder_ / "file" / "below"}) {
    for (const bool write : {false, true}) {
      const std::string message =
          message_of([&] { write ? (void)write_results(report(), output) : check_writable(output); });
      EXPECT_THAT(message, HasSubstr("'" + output.string() + "'"));
      EXPECT_THAT(message, HasSubstr("Not a directory"));
    }
  }
  EXPECT_EQ(entries(), 1U);
}

TEST_F(Files, AFolderThatTakesNoFilesIsRefused) {
  EXPECT_THAT(message_of([] { check_writable("/proc/cnnbench"); }), HasSubstr("'/proc/cnnbench'"));
}

TEST_F(Files, CheckingLeavesNothingBehind) {
  check_writable(folder_ / "new" / "results");
  EXPECT_EQ(entries(), 0U);
  fs::create_directory(folder_ / "old");
  check_writable(folder_ / "old");
  EXPECT_TRUE(fs::is_empty(folder_ / "old"));
}

/// What the action says where files may grow to 4 KiB only, as if the disk were full from there on.
template <typename Action>
std::string on_a_full_disk(Action action) {
  rlimit before{};
  EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{4096, before.rlim_max};
  EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  std::string message;
  try {
    action();
  } catch (const std::runtime_error& error) {
    message = error.what();
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  return message;
}

TEST_F(Files, AreAsTheyWereWhereALaterReportCannotBeWritten) {
  ResultFolder folder(report(), folder_);
  folder.write(report());
  Report later = report();
  later.status = "partial";
  EXPECT_THAT(on_a_full_disk([&] { folder.write(later); }), HasSubstr("File too large"));
  EXPECT_EQ(nlohmann::ordered_json::parse(read(folder.path() / "result.json")), result_json(report()));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 2);
}

TEST_F(Files, AWriteThatFailsHalfWayLeavesNothingBehind) {
  const std::string message = on_a_full_disk([&] { write_results(report(), folder_ / "new"); });
  EXPECT_THAT(message, HasSubstr("cannot write"));
  EXPECT_THAT(message, HasSubstr("result.json': File too large"));
  EXPECT_EQ(entries(), 0U);
}

}  // namespace
}  // namespace cnnbench
