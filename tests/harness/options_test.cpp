#include "harness/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cnnbench {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::variant<Options, EarlyExit> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "bench");
  return parse_options(static_cast<int>(words.size()), words.data());
}

/// Of a command line that is right.
Options options(std::vector<const char*> words) {
  words.insert(words.end(), {"--config", "lenet"});
  const auto parsed = parse(std::move(words));
  if (const auto* refusal = std::get_if<EarlyExit>(&parsed)) ADD_FAILURE() << refusal->text;
  return std::holds_alternative<Options>(parsed) ? std::get<Options>(parsed) : Options{};
}

/// The message for a command line that is wrong; its exit status is 2.
std::string refusal(std::vector<const char*> words) {
  words.insert(words.end(), {"--config", "lenet"});
  const auto parsed = parse(std::move(words));
  if (std::holds_alternative<Options>(parsed)) return "";
  EXPECT_EQ(std::get<EarlyExit>(parsed).status, 2);
  return std::get<EarlyExit>(parsed).text;
}

TEST(CommandLine, HasTheDefaultsThatTheHelpStates) {
  const Options o = options({});

  EXPECT_THAT(o.configs, ElementsAre("lenet"));
  EXPECT_TRUE(o.passes.empty());
  ASSERT_EQ(o.backends.size(), 1U);
  EXPECT_EQ(o.backends[0]->name(), "onednn");
  EXPECT_THAT(o.views, ElementsAre(View::network, View::layers));
  EXPECT_FALSE(o.batch || o.global_batch || o.burn_in || o.steps || o.precision || o.max_seconds || o.gap);
  EXPECT_EQ(o.threads, 0);
  EXPECT_FALSE(o.layers);
  EXPECT_EQ(o.verify, Verify::on);
  EXPECT_EQ(o.format, Format::table);
  EXPECT_EQ(o.output, "results");
  EXPECT_EQ(o.seed, 1U);
}

TEST(CommandLine, TakesEveryOption) {
  const Options o = options({"--config",
                             "vgg16.yaml",
                             "--pass",
                             "forward,forward-backward",
                             "--backend",
                             "reference,onednn",
                             "--views",
                             "prefix,isolated",
                             "--batch",
                             "4",
                             "--burn-in",
                             "0",
                             "--steps",
                             "7",
                             "--precision",
                             "0.05",
                             "--max-seconds",
                             "1.5",
                             "--gap",
                             "cold",
                             "--threads",
                             "3",
                             "--layer",
                             "conv[12]",
                             "--verify",
                             "only",
                             "--describe",
                             "--format",
                             "csv",
                             "--output",
                             "out",
                             "--seed",
                             "18446744073709551615",
                             "--choices",
                             "c.json",
                             "--input",
                             "i.npy",
                             "--dump",
                             "d"});

  EXPECT_THAT(o.configs, ElementsAre("vgg16.yaml", "lenet"));
  EXPECT_THAT(o.passes, ElementsAre(Pass::forward, Pass::forward_backward));
  ASSERT_EQ(o.backends.size(), 2U);
  EXPECT_EQ(o.backends[0]->name(), "reference");
  EXPECT_THAT(o.views, ElementsAre(View::isolated, View::prefix));  // in the order of the help
  EXPECT_EQ(o.batch, 4);
  EXPECT_EQ(o.burn_in, 0);
  EXPECT_EQ(o.steps, 7);
  EXPECT_EQ(o.precision, 0.05);
  EXPECT_EQ(o.max_seconds, 1.5);
  EXPECT_EQ(o.gap, Gap::cold);
  EXPECT_EQ(o.threads, 3);
  EXPECT_TRUE(o.layers->matches("conv2_1"));
  EXPECT_FALSE(o.layers->matches("conv3_1"));
  EXPECT_EQ(o.verify, Verify::only);
  EXPECT_TRUE(o.describe);
  EXPECT_EQ(o.format, Format::csv);
  EXPECT_EQ(o.output, "out");
  EXPECT_EQ(o.seed, 18446744073709551615U);
  EXPECT_EQ(o.choices, "c.json");
  EXPECT_EQ(o.input, "i.npy");
  EXPECT_EQ(o.dump, "d");
}

TEST(CommandLine, CountsARepeatedWordOnce) {
  EXPECT_THAT(options({"--pass", "forward,forward"}).passes, ElementsAre(Pass::forward));
  EXPECT_EQ(options({"--backend", "onednn", "--backend", "onednn"}).backends.size(), 1U);
}

TEST(CommandLine, SuggestsTheNearestWord) {
  EXPECT_THAT(refusal({"--pass", "foward"}),
              AllOf(HasSubstr("--pass"), HasSubstr("'foward' is unknown; did you mean 'forward'?")));
  EXPECT_THAT(refusal({"--backend", "onednnn"}), HasSubstr("did you mean 'onednn'?"));
  EXPECT_THAT(refusal({"--backend", "cuda"}), HasSubstr("(known: onednn, onednn:layout=nchw, "));
  EXPECT_THAT(refusal({"--views", "layer"}), HasSubstr("did you mean 'layers'?"));
  EXPECT_THAT(refusal({"--gap", "cool"}), HasSubstr("did you mean 'cold'?"));
  EXPECT_THAT(refusal({"--verify", "of"}), HasSubstr("did you mean"));
  EXPECT_THAT(refusal({"--format", "xml"}), HasSubstr("(known: table, json, csv)"));
}

TEST(CommandLine, RefusesNumbersOutOfRangeAndNamesTheOption) {
  const std::vector<std::pair<const char*, const char*>> wrong{{"--batch", "0"},
                                                               {"--batch", "-4"},
                                                               {"--batch", "many"},
                                                               {"--batch", "1e3"},
                                                               {"--batch", "99999999999999999999"},
                                                               {"--global-batch", "0"},
                                                               {"--burn-in", "-1"},
                                                               {"--steps", "0"},
                                                               {"--steps", "2.5"},
                                                               {"--precision", "-0.1"},
                                                               {"--precision", "2"},
                                                               {"--precision", "nan"},
                                                               {"--max-seconds", "0"},
                                                               {"--max-seconds", "inf"},
                                                               {"--threads", "0"},
                                                               {"--threads", "100000"},
                                                               {"--seed", "-1"},
                                                               {"--layer", "conv["}};
  for (const auto& [option, value] : wrong) EXPECT_THAT(refusal({option, value}), HasSubstr(option)) << value;
}

TEST(CommandLine, RefusesWhatDoesNotGoTogether) {
  EXPECT_THAT(refusal({"--batch", "4", "--global-batch", "8"}), HasSubstr("--global-batch"));
  EXPECT_THAT(refusal({"--unknown"}), HasSubstr("--unknown"));
  EXPECT_THAT(refusal({"stray"}), HasSubstr("stray"));
}

TEST(CommandLine, NeedsANetworkUnlessItOnlyListsBackends) {
  const auto nothing = parse({});
  ASSERT_TRUE(std::holds_alternative<EarlyExit>(nothing));
  EXPECT_EQ(std::get<EarlyExit>(nothing).status, 2);
  EXPECT_THAT(std::get<EarlyExit>(nothing).text, HasSubstr("--config"));
  EXPECT_TRUE(std::holds_alternative<Options>(parse({"--list-backends"})));
}

TEST(CommandLine, HelpsAndTellsItsVersion) {
  const auto help = parse({"--help"});
  ASSERT_TRUE(std::holds_alternative<EarlyExit>(help));
  EXPECT_EQ(std::get<EarlyExit>(help).status, 0);
  for (const char* option :
       {"--config",       "--pass",    "--backend",  "--list-backends", "--views",       "--batch",
        "--global-batch", "--burn-in", "--steps",    "--precision",     "--max-seconds", "--threads",
        "--layer",        "--verify",  "--describe", "--format",        "--output",      "--seed",
        "--input",        "--dump",    "--gap",      "--choices"})
    EXPECT_THAT(std::get<EarlyExit>(help).text, HasSubstr(option));

  const auto version = parse({"--version"});
  ASSERT_TRUE(std::holds_alternative<EarlyExit>(version));
  EXPECT_EQ(std::get<EarlyExit>(version).status, 0);
}

TEST(CommandLineOfAnotherProgram, TakesWhatIsToRunAndNothingElse) {
  const auto parse_other = [](std::vector<const char*> words) {
    words.insert(words.begin(), "other");
    return parse_workload("other", "Does something else.", "vgg16", static_cast<int>(words.size()),
                          words.data());
  };

  const auto defaults = parse_other({});
  const auto given = parse_other({"--config", "lenet", "--config", "filters", "--batch", "3"});
  const auto refused = parse_other({"--steps", "3"});

  EXPECT_THAT(std::get<Options>(defaults).configs, ElementsAre("vgg16"));
  EXPECT_THAT(std::get<Options>(given).configs, ElementsAre("lenet", "filters"));
  EXPECT_EQ(std::get<Options>(given).batch, 3);
  EXPECT_EQ(std::get<EarlyExit>(refused).status, 2);
  EXPECT_THAT(std::get<EarlyExit>(refused).text, AllOf(HasSubstr("--steps"), HasSubstr("other --help")));
}

}  // namespace
}  // namespace cnnbench
