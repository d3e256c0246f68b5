#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "tests/harness/config/load.h"

namespace cnnbench {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct BadInput {
  std::string name;
  std::string text;
  std::string place;  ///< "line:column", or empty where the message is about the file as a whole
  std::string words;
};

void PrintTo(const BadInput& input, std::ostream* out) {
  *out << input.name;
}

class BadInputTest : public ::testing::TestWithParam<BadInput> {};

TEST_P(BadInputTest, IsAnErrorWithItsPlace) {
  const BadInput& input = GetParam();

  const std::string message = error_of(input.text);

  EXPECT_THAT(message, StartsWith("net.yaml:" + (input.place.empty() ? "" : input.place + ":") + " "));
  EXPECT_THAT(message, HasSubstr(input.words));
  EXPECT_EQ(message.find('\n'), std::string::npos);
}

std::string repeat(const std::string& text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) result += text;
  return result;
}

std::string laughs() {
  std::string text = "a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (char c = 'b'; c < 'l'; ++c) {
    const std::string before = std::string("*") + static_cast<char>(c - 1);
    text += std::string(1, c) + ": &" + c + " [" + before + repeat(", " + before, 8) + "]\n";
  }
  return text;
}

std::string with_run(const std::string& run) {
  return network_text("  - flatten\n", "run: {" + run + "}\n");
}

const std::vector<BadInput>& not_usable_as_yaml() {
  using namespace std::string_literals;
  static const std::vector<BadInput> inputs = {
      {"EmptyFile", "", "", "is empty"},
      {"OnlyComments", "# nothing\n\n# here\n", "", "is empty"},
      {"NotYaml", "model: net\nlayers: [conv, {]\n", "2:17", "not valid YAML"},
      {"UnclosedQuote", "model: \"net\ninput: 3\n", "1:8", "found the quoted text 'net input: 3"},
      {"ProgramText", "int main() { return 0; }\n", "1:1", "expected a map of keys"},
      {"TabIndent", "model: net\ninput:\n\tchannels: 1\n", "3:10", "not valid YAML"},
      {"TopLevelList", "- conv\n", "1:1", "found a list of 1"},
      {"TopLevelNull", "---\n", "1:3", "found nothing"},
      {"NulByte", "model: n\0t\n"s, "1:9", "control character 0x00"},
      {"Binary", "\x7F"s + "ELF\x02\x01\x01\0\0\0"s, "1:1", "control character 0x7F"},
      {"Utf16", "\xFF\xFEm\0o\0"s, "1:1", "not valid UTF-8"},
      {"InvalidUtf8", "model: net\nsource: caf\xE9\n", "2:12", "byte 0xE9 is not valid UTF-8"},
      {"OverlongUtf8", "model: \xC0\xAF\n", "1:8", "byte 0xC0 is not valid UTF-8"},
      {"CutUtf8", "model: \xE2\x82", "1:8", "byte 0xE2 is not valid UTF-8"},
      {"SeveralDocuments", "model: a\n---\nmodel: b\n", "2:1", "a second document begins here"},
      {"TooLarge", std::string((1 << 20) + 1, '#'), "", "is larger than 1 MiB"},
      {"DeepBrackets", repeat("[", 100'000), "1:17", "nested too deeply"},
      {"DeepBracketsClosed", repeat("[", 40) + repeat("]", 40), "1:33", "nested too deeply"},
      {"DeepBraces", repeat("{a: ", 100'000), "1:122", "nested too deeply"},
      {"DeepDashes", repeat("- ", 100'000), "1:65", "nested too deeply"},
      {"DeepByAliases",
       "a: &a " + repeat("[", 20) + repeat("]", 20) + "\nb: " + repeat("[", 20) + "*a" + repeat("]", 20) +
           "\n",
       "2:24", "nested too deeply"},
      {"TooManyValues", "layers: [" + repeat("a,", 100'001) + "]\n", "1:200004", "too many values"},
      {"AliasBomb", laughs(), "5:4", "too many values"},
      {"CyclicAlias", "layers: &a [flatten, *a]\n", "1:22", "inside the very value that it names"},
      {"CyclicAliasThroughMap", "a: &a {b: {c: *a}}\n", "1:15", "inside the very value that it names"},
      {"UnknownAlias", "layers: *nothing\n", "1:9", "not valid YAML"},
      {"Tag", "model: !!str net\n", "1:8", "YAML tag"},
      {"TagOnMap", "model: net\ninput: !shape {channels: 1}\n", "2:8", "YAML tag"},
      {"BinaryTag", "model: !!binary bmV0\n", "1:8", "YAML tag"},
      {"ListAsKey", "[a, b]: 1\n", "1:1", "a list or map as a key"},
      {"NullAsKey", "~: 1\n", "1:1", "a key without a name"},
      {"MergeKey", "<<: {model: net}\n", "1:1", "unknown key '<<'"},
  };
  return inputs;
}

const std::vector<BadInput>& bad_values() {
  static const std::vector<BadInput> inputs = {
      {"UnknownKeyInConv", network_text("  - conv: {filters: 2, kernle: 3}\n"), "4:24",
       "unknown key 'kernle' in conv; did you mean 'kernel'?"},
      {"UnknownKeyAtTop", "model: net\nlayer: []\n", "2:1",
       "unknown key 'layer' in a network; did you mean 'layers'?"},
      {"UnknownKeyFarFromAll", network_text("  - flatten: {colour: red}\n"), "4:15",
       "unknown key 'colour' in flatten; expected one of: name"},
      {"UnknownKeyAfterWideText", network_text("  - dense: {name: é, units: 1}\n"), "4:19", "found 'é'"},
      {"RepeatedKey", network_text("  - conv: {filters: 2, kernel: 3,\n           filters: 4}\n"), "5:12",
       "repeated key 'filters'; it is already given on line 4"},
      {"RepeatedKeyAtTop", "model: net\nmodel: net\n", "2:1",
       "repeated key 'model'; it is already given on line 1"},
      {"WrongTypeWord", network_text("  - conv: {filters: many, kernel: 3}\n"), "4:21",
       "expected a whole number from 1 to 1000000 for 'filters' in conv, found 'many'"},
      {"WrongTypeFraction", network_text("  - dense: {units: 3.0}\n"), "4:20", "found '3.0'"},
      {"WrongTypeExponent", network_text("  - dense: {units: 1e3}\n"), "4:20", "found '1e3'"},
      {"WrongTypeHex", network_text("  - dense: {units: 0x10}\n"), "4:20", "found '0x10'"},
      {"WrongTypeOctal", network_text("  - dense: {units: 010}\n"), "4:20", "found '010'"},
      {"WrongTypePlus", network_text("  - dense: {units: +1}\n"), "4:20", "found '+1'"},
      {"WrongTypeQuoted", network_text("  - dense: {units: '3'}\n"), "4:20", "found the quoted text '3'"},
      {"WrongTypeList", network_text("  - dense: {units: [1, 2]}\n"), "4:20", "found a list of 2"},
      {"WrongTypeMap", network_text("  - dense: {units: {a: 1}}\n"), "4:20", "found a map"},
      {"WrongTypeBoolean", network_text("  - dense: {units: 1, bias: yes}\n"), "4:29",
       "expected true or false for 'bias' in dense, found 'yes'"},
      {"BiasInitWithoutBias", network_text("  - dense: {units: 1, bias: false, bias_init: 0.1}\n"), "4:47",
       "'bias_init' is for biases, and 'bias' is false; leave one of them out"},
      {"BiasInitNaN", network_text("  - dense: {units: 1, bias_init: .nan}\n"), "4:34",
       "'bias_init' in dense"},
      {"WrongTypeQuotedBoolean", network_text("  - dense: {units: 1, bias: \"true\"}\n"), "4:29",
       "found the quoted text 'true'"},
      {"WrongTypeInput", "model: net\ninput: 28\nlayers: [flatten]\n", "2:8",
       "expected a map with keys among channels"},
      {"WrongTypeLayers", "model: net\ninput: {channels: 1, height: 8, width: 8}\nlayers: 3\n", "3:9",
       "expected a list of 1 to 10000 entries for 'layers' in a network, found '3'"},
      {"NoLayers", "model: net\ninput: {channels: 1, height: 8, width: 8}\nlayers: []\n", "3:9",
       "found an empty list"},
      {"TooManyLayers",
       "model: net\ninput: {channels: 1, height: 8, width: 8}\nlayers: [" + repeat("flatten,", 10'001) +
           "]\n",
       "3:9", "found a list of 10001"},
      {"Negative", network_text("  - conv: {filters: -2, kernel: 3}\n"), "4:21", "found '-2'"},
      {"NegativeInput", "model: net\ninput: {channels: 1, height: -8, width: 8}\nlayers: [flatten]\n", "2:30",
       "'height' in input, found '-8'"},
      {"Huge", network_text("  - dense: {units: 99999999999999999999}\n"), "4:20",
       "found '99999999999999999999'"},
      {"HugeWithin64Bits", network_text("  - dense: {units: 1000001}\n"), "4:20", "found '1000001'"},
      {"HugeBatch", network_text("  - flatten\n", "batch: 1000001\n"), "5:8",
       "from 1 to 1000000 for 'batch'"},
      {"HugeNetwork", network_text(repeat("  - dense: {units: 1000000}\n", 2)), "5:5", "layer 'dense2': "},
      {"HugeImage",
       "model: net\ninput: {channels: 1000000, height: 1000000, width: 1000000}\nlayers:\n - flatten\n",
       "4:2", "too large"},
      {"HugeKernel", network_text("  - conv: {filters: 1000000, kernel: 1000000, padding: 1000000}\n"), "4:5",
       "layer 'conv1': "},
      {"LongWord", network_text("  - " + repeat("x", 100'000) + "\n"), "4:5",
       "unknown kind of layer '" + repeat("x", 40) + "…'"},
      {"FilterLargerThanInput", network_text("  - flatten\n  - conv: {filters: 2, kernel: 9}\n"), "5:5",
       "layer 'conv1': "},
      {"PoolLargerThanInput", network_text("  - max_pool: {kernel: [2, 9]}\n"), "4:5", "layer 'max_pool1': "},
      {"PaddingAsLargeAsPool", network_text("  - avg_pool: {kernel: 2, padding: 2}\n"), "4:5",
       "layer 'avg_pool1': "},
      {"GroupsThatDoNotDivide", network_text("  - conv: {filters: 2, kernel: 1, groups: 2}\n"), "4:5",
       "layer 'conv1': "},
      {"ZeroStride", network_text("  - conv: {filters: 2, kernel: 3, stride: 0}\n"), "4:43",
       "'stride' in conv, found '0'"},
      {"PairOfThree", network_text("  - conv: {filters: 2, kernel: [1, 2, 3]}\n"), "4:32",
       "[height, width] for 'kernel' in conv, found a list of 3"},
      {"PairWithWord", network_text("  - conv: {filters: 2, kernel: [1, a]}\n"), "4:36",
       "the width of 'kernel' in conv, found 'a'"},
      {"UnknownPadding", network_text("  - conv: {filters: 2, kernel: 3, padding: sme}\n"), "4:44",
       "expected a whole number, [height, width], valid, same or full for 'padding' in conv, found 'sme'; "
       "did you mean 'same'?"},
      {"UnknownActivation", network_text("  - dense: {units: 2, activation: ReLU}\n"), "4:35",
       "did you mean 'relu'?"},
      {"UnknownBorder", network_text("  - max_pool: {kernel: 2, border: crop}\n"), "4:35",
       "expected drop or keep"},
      {"ActivationOfNone", network_text("  - activation: {function: none}\n"), "4:28",
       "expected relu, tanh or sigmoid"},
      {"UnknownLayer", network_text("  - convolution: {filters: 2}\n"), "4:5",
       "unknown kind of layer 'convolution'; expected one of: standardize, conv,"},
      {"MisspeltLayer", network_text("  - maxpool: {kernel: 2}\n"), "4:5", "did you mean 'max_pool'?"},
      {"MisspeltWordLayer", network_text("  - flaten\n"), "4:5", "did you mean 'flatten'?"},
      {"LayerWithTwoKeys", network_text("  - conv: {filters: 2, kernel: 3}\n    name: c\n"), "5:5",
       "second key 'name' in a layer beside 'conv'"},
      {"LayerKeysNotIndented", network_text("  - softmax:\n    name: c\n"), "5:5",
       "second key 'name' in a layer"},
      {"LayerAsList", network_text("  - [conv, 3]\n"), "4:5", "expected a layer such as"},
      {"EmptyLayerMap", network_text("  - {}\n"), "4:5", "expected a layer such as"},
      {"EmptyLayer", network_text("  - flatten\n  -\n  - softmax\n"), "5:3", "found nothing"},
      {"WordLayerThatNeedsKeys", network_text("  - conv\n"), "4:5", "missing key 'filters' in conv"},
      {"MissingKeyInLayer", network_text("  - conv: {filters: 2}\n"), "4:11", "missing key 'kernel' in conv"},
      {"MissingModel", "input: {channels: 1, height: 8, width: 8}\n", "1:1",
       "missing key 'model' in a network"},
      {"MissingInput", "model: net\nlayers: [flatten]\n", "1:1", "missing key 'input' in a network"},
      {"MissingLayers", "model: net\ninput: {channels: 1, height: 8, width: 8}\n", "1:1",
       "missing key 'layers'"},
      {"MissingWidth", "model: net\ninput: {channels: 1, height: 8}\nlayers: [flatten]\n", "2:8",
       "missing key 'width' in input"},
      {"NullValue", network_text("  - conv: {filters: , kernel: 3}\n"), "4:12",
       "'filters' in conv, found nothing"},
      {"NullWord", network_text("  - conv: {filters: ~, kernel: 3}\n"), "4:12",
       "'filters' in conv, found nothing"},
      {"NullLayers", "model: net\ninput: {channels: 1, height: 8, width: 8}\nlayers:\n\nbatch: 3\n", "3:1",
       "'layers' in a network, found nothing"},
      {"NullLayerKeys", network_text("  - conv:\n  - flatten\n"), "4:5", "for 'conv', found nothing"},
      {"KeepOfZero", network_text("  - dropout: {keep: 0}\n"), "4:21", "'keep' in dropout, found '0'"},
      {"KeepAboveOne", network_text("  - dropout: {keep: 1.5}\n"), "4:21", "found '1.5'"},
      {"NotANumber", network_text("  - standardize: {mean: nan, sd: 1}\n"), "4:25", "found 'nan'"},
      {"Infinite", network_text("  - standardize: {mean: 0, sd: inf}\n"), "4:32", "found 'inf'"},
      {"InfiniteYaml", network_text("  - standardize: {mean: .inf, sd: 1}\n"), "4:25", "found '.inf'"},
      {"OverflowingNumber", network_text("  - standardize: {mean: 1e999, sd: 1}\n"), "4:25", "found '1e999'"},
      {"BadName", network_text("  - flatten: {name: a/b}\n"), "4:21",
       "expected a name of 1 to 64 letters, digits, '_', '-' and '.', not beginning with '-' or '.', for "
       "'name' in "
       "flatten, found 'a/b'"},
      {"DotDotName", network_text("  - flatten: {name: ..}\n"), "4:21", "found '..'"},
      {"LongName", network_text("  - flatten: {name: " + repeat("n", 65) + "}\n"), "4:21", "expected a name"},
      {"EmptyName", network_text("  - flatten: {name: ''}\n"), "4:21", "expected a name"},
      {"NameOnSeveralLines", network_text("  - flatten: {name: \"a\\nb\"}\n"), "4:21",
       "found the quoted text 'a?b'"},
      {"ReservedName", network_text("  - flatten: {name: loss}\n"), "4:21",
       "'name' in flatten is 'loss', a reserved name"},
      {"BadModelName", "model: my net\n", "1:8", "expected a name"},
      {"NameUsedTwice", network_text("  - flatten: {name: a}\n  - softmax: {name: a}\n"), "5:21",
       "layer name 'a' is used twice; it is already given on line 4"},
      {"SourceOnSeveralLines",
       "model: net\nsource: |\n  a\n  b\ninput: {channels: 1, height: 8, width: 8}\nlayers: [flatten]\n",
       "2:9", "expected one line of text"},
      {"UnknownLoss", network_text("  - flatten\n", "loss: crossentropy\n"), "5:7",
       "did you mean 'cross_entropy'?"},
      {"CrossEntropyOfAnImage", network_text("  - conv: {filters: 2, kernel: 3}\n", "loss: cross_entropy\n"),
       "5:7", "expected an output of height and width 1, found 2x6x6"},
      {"UnknownOptimizer", network_text("  - flatten\n", "optimizer: adam\n"), "5:12",
       "expected sgd or rmsprop"},
      {"TwoOptimizers", network_text("  - flatten\n", "optimizer: {sgd: {}, rmsprop: {}}\n"), "5:12",
       "expected one"},
      {"NoOptimizer", network_text("  - flatten\n", "optimizer: {}\n"), "5:12", "expected sgd, rmsprop or"},
      {"UnknownOptimizerKey", network_text("  - flatten\n", "optimizer: {sgd: {learning-rate: 1}}\n"), "5:19",
       "did you mean 'learning_rate'?"},
      {"ZeroLearningRate", network_text("  - flatten\n", "optimizer: {sgd: {learning_rate: 0}}\n"), "5:34",
       "expected a number above 0 and up to 1000"},
      {"UnknownPass", with_run("passes: [forward, backwards]"), "5:25",
       "expected forward, forward-backward or train for entry 2 of 'passes' in run, found 'backwards'"},
      {"MisspeltPass", with_run("passes: [foward]"), "5:16", "did you mean 'forward'?"},
      {"RepeatedPass", with_run("passes: [forward, forward]"), "5:25", "repeated pass 'forward'"},
      {"PassAsWord", with_run("passes: forward"), "5:15", "expected a list"},
      {"NoPasses", with_run("passes: []"), "5:15", "found an empty list"},
      {"ZeroSteps", with_run("steps: 0"), "5:14",
       "expected a whole number from 1 to 10000000 for 'steps' in run, found '0'"},
      {"NegativeBurnIn", with_run("burn_in: -1"), "5:16", "from 0 to 1000000 for 'burn_in'"},
      {"PrecisionAboveOne", with_run("precision: 1.01"), "5:18",
       "expected a number from 0 to 1 for 'precision'"},
      {"UnknownGap", with_run("gap: warm"), "5:12", "expected none, idle or cold"},
      {"ZeroMaxSeconds", with_run("max_seconds: 0"), "5:20", "expected a number above 0"},
  };
  return inputs;
}

std::string name_of(const ::testing::TestParamInfo<BadInput>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Yaml, BadInputTest, ::testing::ValuesIn(not_usable_as_yaml()), name_of);
INSTANTIATE_TEST_SUITE_P(Values, BadInputTest, ::testing::ValuesIn(bad_values()), name_of);

}  // namespace
}  // namespace cnnbench
