#include <gmock/gmock.h>

#include "tests/harness/cluster/thread_cluster.h"

namespace cnnbench {
namespace {

using ::testing::Each;

struct Outcome {
  bool agreed = false;
  std::string message;
  bool operator==(const Outcome&) const = default;
};

/// What agree() gives on every rank; rank i fails with messages[i] unless that is empty.
std::vector<Outcome> agree_on(const std::vector<std::string>& messages) {
  std::vector<Outcome> outcomes(messages.size());
  ThreadCluster::run(static_cast<int>(messages.size()), [&](Cluster& cluster) {
    Outcome& outcome = outcomes[cluster.rank()];
    outcome.message = messages[cluster.rank()];
    outcome.agreed = agree(cluster, outcome.message.empty(), outcome.message);
  });
  return outcomes;
}

TEST(Agree, IsTrueOnEveryRankWhereAllAreFine) {
  EXPECT_THAT(agree_on({"", "", ""}), Each(Outcome{true, ""}));
}

TEST(Agree, NamesTheLowestRankThatFailedWhereOthersDidNot) {
  EXPECT_THAT(agree_on({"", "no memory", "", "no disk"}),
              Each(Outcome{false, rank_in_words(1, host_name()) + ": no memory"}));
}

TEST(Agree, NamesTheRankWhereOthersFailedOtherwise) {
  EXPECT_THAT(agree_on({"a", "b"}), Each(Outcome{false, rank_in_words(0, host_name()) + ": a"}));
}

TEST(Agree, GivesAMessageThatAllRanksShareJustOnceAndUnchanged) {
  EXPECT_THAT(agree_on({"bad config", "bad config"}), Each(Outcome{false, "bad config"}));
}

TEST(Agree, GivesTheMessageOfASingleRankUnchanged) {
  SingleRank cluster;
  std::string message = "bad config";
  EXPECT_FALSE(agree(cluster, false, message));
  EXPECT_EQ(message, "bad config");
}

TEST(Agree, FailsWithoutAMessageToo) {
  SingleRank cluster;
  std::string message;
  EXPECT_FALSE(agree(cluster, false, message));
  EXPECT_EQ(message, "");
}

TEST(Worst, IsTheMostSevereOfAllRanks) {
  const std::vector<int> severities{0, 2, 1, 2};
  std::vector<Outcome> outcomes(severities.size());
  ThreadCluster::run(static_cast<int>(severities.size()), [&](Cluster& cluster) {
    Outcome& outcome = outcomes[cluster.rank()];
    outcome.message = "found by " + std::to_string(cluster.rank());
    outcome.agreed = worst(cluster, severities[cluster.rank()], outcome.message) == 2;
  });
  EXPECT_THAT(outcomes, Each(Outcome{true, rank_in_words(1, host_name()) + ": found by 1"}));
}

TEST(Agree, LeavesTheMessageAloneWhereAllAreFine) {
  SingleRank cluster;
  std::string message = "as before";
  EXPECT_TRUE(agree(cluster, true, message));
  EXPECT_EQ(message, "as before");
}

TEST(SingleRank, GivesBackWhatItIsGiven) {
  SingleRank cluster;
  const std::vector<double> values = {1.5, 2.5};
  EXPECT_EQ(cluster.gather(values), values);
  EXPECT_EQ(cluster.gather(std::string("text")), std::vector<std::string>{"text"});
  EXPECT_EQ(cluster.broadcast(7), 7);
  EXPECT_EQ(cluster.max(-3), -3);
  EXPECT_EQ(cluster.node(), 0);
  EXPECT_THROW(cluster.send(0, 1), std::logic_error);
  EXPECT_THROW(cluster.receive(0), std::logic_error);
}

}  // namespace
}  // namespace cnnbench
