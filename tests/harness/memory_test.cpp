#include "harness/memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/backend/choice.h"
#include "harness/machine/facts.h"
#include "tests/harness/plan_of.h"

namespace cnnbench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// One rank, that says that its node has more.
class NodeOf final : public SingleRank {
 public:
  explicit NodeOf(int ranks) : ranks_(ranks) {}
  int node_size() const override { return ranks_; }

 private:
  int ranks_;
};

SingleRank alone;

TEST(CheckMemory, RefusesANetworkLargerThanTheMachineWithBothFigures) {
  const std::vector<Config> small{config_of("small")};
  const std::vector<Config> large{config_of("large", std::int64_t{1} << 33)};  // 9·2^34 weights, 576 GiB
  Options options;
  options.backends = {find_backend("onednn")};
  options.passes = {Pass::forward};

  const auto warnings_of = [&](const std::vector<Config>& configs, int node_ranks) {
    std::vector<Experiment> plan = plan_experiments(configs, options, 1, 1);
    NodeOf cluster(node_ranks);
    return check_memory(plan, cluster);
  };
  EXPECT_THAT(warnings_of(small, 2), ::testing::IsEmpty());
  const auto check = [&] { warnings_of(large, 1); };

  EXPECT_THAT(user_error(check),
              ::testing::MatchesRegex("large forward at batch 8 needs about [0-9.]+ [GT]iB a rank on onednn, "
                                      "[0-9.]+ [GT]iB for the 1 rank of a node, and [0-9.]+ [GM]iB "
                                      "is available; .*"));
}

TEST(CheckMemory, HasBackendsThatDoNotFitTogetherMeasuredOneAfterTheOtherAndSaysSo) {
  const double available = static_cast<double>(available_memory_bytes().value());
  // A dense layer of 9 inputs whose weights take a tenth of the memory: one backend fits, forty do not.
  const std::vector<Config> configs{config_of("net", static_cast<std::int64_t>(available / 10 / 4 / 9 / 2))};
  Options options;
  options.backends.assign(40, find_backend("onednn"));
  options.passes = {Pass::forward};
  options.verify = Verify::off;
  std::vector<Experiment> plan = plan_experiments(configs, options, 1, 1);

  const std::vector<std::string> warnings = check_memory(plan, alone);

  EXPECT_FALSE(plan[0].interleaved);
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("40 backends together need about")));
  options.backends.resize(1);
  plan = plan_experiments(configs, options, 1, 1);
  EXPECT_THAT(check_memory(plan, alone), ::testing::IsEmpty());
  EXPECT_TRUE(plan[0].interleaved);
}

TEST(CheckMemory, CountsWhatABackendHoldsBesideTheNetwork) {
  /// Holds more than the machine has.
  class Greedy final : public Backend {
   public:
    std::string name() const override { return "greedy"; }
    std::string version() const override { return "1"; }
    std::string unsupported(const ModelLayer&, Pass) const override { return ""; }
    double extra_bytes(const Model&, const PrepareOptions&) const override { return 1e18; }
    std::unique_ptr<Program> prepare(const Model&, const PrepareOptions&) const override { return nullptr; }
  };
  const Greedy greedy;
  const std::vector<Config> configs{config_of("small")};
  Options options;
  options.backends = {find_backend("onednn"), &greedy};
  options.passes = {Pass::forward};
  std::vector<Experiment> plan = plan_experiments(configs, options, 1, 1);

  EXPECT_THAT(user_error([&] { check_memory(plan, alone); }),
              ::testing::ContainsRegex("needs about 909,49[0-9] TiB a rank on greedy"));
}

/// The refusal of inference of a dense layer of 18 inputs whose weights take so large a share of the memory.
std::string refusal(double share, std::int64_t batch) {
  const double available = static_cast<double>(available_memory_bytes().value());
  const auto units = static_cast<std::int64_t>(share * available / sizeof(float) / 18);
  const std::vector<Config> configs{config_of("net", units, batch)};
  Options options;
  options.backends = {find_backend("onednn")};
  options.passes = {Pass::forward};
  std::vector<Experiment> plan = plan_experiments(configs, options, 1, 1);
  return user_error([&] { check_memory(plan, alone); });
}

TEST(CheckMemory, AdvisesWhatHelps) {
  // Weights that fit once or twice, and not three times, as verification has them.
  EXPECT_THAT(refusal(0.4, 1), HasSubstr("it fits with --verify off"));
  EXPECT_THAT(refusal(0.4, 1), ::testing::Not(HasSubstr("--batch")));  // there is no smaller one
  EXPECT_THAT(refusal(3, 1), HasSubstr("take a smaller network"));
  // Outputs of a thousand images take 55 times what the weights take.
  EXPECT_THAT(refusal(0.04, 1000), HasSubstr("it fits with --batch "));
}

}  // namespace
}  // namespace cnnbench
