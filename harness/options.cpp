#include "harness/options.h"

#include <CLI/CLI.hpp>
#include <cmath>
#include <sstream>

#include "harness/backend/choice.h"
#include "harness/config/config.h"
#include "harness/worker/worker.h"

namespace cnnbench {
namespace {

constexpr int bad_arguments = 2;

/// A wrong value of an option: one line that names the option.
[[noreturn]] void refuse(const std::string& option, const std::string& what) {
  throw CLI::ValidationError(option, what);
}

/// The thing that `word` names, or an error that lists all names and suggests the nearest.
template <typename Thing>
Thing named(const std::string& option, const std::string& word,
            const std::vector<std::pair<std::string, Thing>>& things) {
  std::vector<std::string> names;
  for (const auto& [name, thing] : things) {
    if (name == word) return thing;
    names.push_back(name);
  }
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  const std::string suggestion = nearest(word, names);
  refuse(option, "'" + word + "' is unknown" +
                     (suggestion.empty() ? "" : "; did you mean '" + suggestion + "'?") + " (known: " + list +
                     ")");
}

/// Things by their names, each at most once: a second mention adds nothing.
template <typename Thing>
std::vector<Thing> all_named(const std::string& option, const std::vector<std::string>& words,
                             const std::vector<std::pair<std::string, Thing>>& things) {
  std::vector<Thing> result;
  for (const std::string& word : words) {
    const Thing thing = named(option, word, things);
    if (std::find(result.begin(), result.end(), thing) == result.end()) result.push_back(thing);
  }
  return result;
}

template <typename Enum>
std::vector<std::pair<std::string, Enum>> names_of(const std::vector<Enum>& values) {
  std::vector<std::pair<std::string, Enum>> result;
  for (const Enum value : values) result.emplace_back(std::string(to_string(value)), value);
  return result;
}

const Backend* chosen(const BackendChoice& choice) {
  if (!choice.missing.empty()) refuse("--backend", "'" + choice.name + "' is not there: " + choice.missing);
  try {
    return backend_of(choice);
  } catch (const std::exception& error) {
    refuse("--backend", "'" + choice.name + "' is not there: " + error.what());
  }
}

/// The words of the command line before they are given a meaning.
struct Words {
  std::vector<std::string> passes;
  std::vector<std::string> backends{"onednn"};
  std::vector<std::string> views{"network", "layers"};
  std::string layers;
  std::string verify = "on";
  std::string gap;
  std::string format = "table";
};

void interpret(const Words& words, Options& options) {
  options.passes =
      all_named("--pass", words.passes, names_of<Pass>({Pass::forward, Pass::forward_backward, Pass::train}));
  options.views = all_named("--views", words.views,
                            names_of<View>({View::network, View::layers, View::isolated, View::prefix}));
  std::sort(options.views.begin(),
            options.views.end());  // the layers are compared with the network, so that comes first
  std::vector<std::pair<std::string, const BackendChoice*>> known;
  for (const BackendChoice& choice : backend_choices()) known.emplace_back(choice.name, &choice);
  for (const BackendChoice* choice : all_named("--backend", words.backends, known))
    options.backends.push_back(chosen(*choice));
  options.verify = named<Verify>("--verify", words.verify,
                                 {{"on", Verify::on}, {"off", Verify::off}, {"only", Verify::only}});
  if (!words.gap.empty())
    options.gap = named<Gap>("--gap", words.gap, names_of<Gap>({Gap::none, Gap::idle, Gap::cold}));
  options.format = named<Format>("--format", words.format,
                                 {{"table", Format::table}, {"json", Format::json}, {"csv", Format::csv}});
  if (!words.layers.empty()) try {
      options.layers = LayerPattern(words.layers);
    } catch (const std::invalid_argument& error) {
      refuse("--layer", "'" + words.layers + "' is not a regular expression: " + error.what());
    }
  if (options.configs.empty() && !options.list_backends)
    refuse("--config", "a network is needed, for example: bench --config vgg16.yaml");
  // Comparisons let NaN through every range.
  if (std::isnan(options.precision.value_or(0))) refuse("--precision", "not a number");
  if (std::isnan(options.max_seconds.value_or(0))) refuse("--max-seconds", "not a number");
  if (options.batch && options.global_batch)
    refuse("--global-batch", "cannot be given together with --batch");
}

const CLI::Range batches(std::int64_t{1}, std::int64_t{1'000'000});

/// What is to run: of bench and of kernel_bench.
void declare_workload(CLI::App& app, Options& options, Words& words) {
  app.add_option("--config", options.configs,
                 "A network or a comparison: a path, or a name among the installed configs; may be repeated")
      ->type_name("FILE");
  app.add_option("--pass", words.passes, "forward, forward-backward, train; default: the config's")
      ->delimiter(',')
      ->type_name("LIST");
  app.add_option("--backend", words.backends, "Backends, taking turns in one run; see --list-backends")
      ->delimiter(',')
      ->capture_default_str()
      ->type_name("LIST");
  app.add_option("--batch", options.batch, "Samples a rank; default: the config's")
      ->check(batches)
      ->type_name("N");
  app.add_option("--threads", options.threads,
                 "Threads a rank; default: OMP_NUM_THREADS, else the cores of its share of the node")
      ->check(CLI::Range(1, 4096))
      ->type_name("N");
  app.add_option("--seed", options.seed, "Of parameters, images, labels and dropout")
      ->check(CLI::NonNegativeNumber)  // else a negative one would wrap around
      ->capture_default_str()
      ->type_name("N");
}

void declare(CLI::App& app, Options& options, Words& words) {
  declare_workload(app, options, words);
  app.add_flag("--list-backends", options.list_backends,
               "List the backends, with version and what each supports");
  app.add_option("--views", words.views, "network, layers, isolated, prefix")
      ->delimiter(',')
      ->capture_default_str()
      ->type_name("LIST");
  app.add_option("--global-batch", options.global_batch, "Samples over all ranks")
      ->check(batches)
      ->type_name("N");
  app.add_option("--burn-in", options.burn_in, "Untimed steps")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1'000'000}))
      ->type_name("N");
  app.add_option("--steps", options.steps, "Timed steps: exactly N, or at most N with --precision")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{10'000'000}))
      ->type_name("N");
  app.add_option("--precision", options.precision,
                 "Stop when the median is known to ± this share (0.01: 1 %); 0: take all steps")
      ->check(CLI::Range(0.0, 1.0))
      ->type_name("P");
  app.add_option("--max-seconds", options.max_seconds, "Most seconds of timed steps in one view")
      ->check(CLI::Range(1e-9, 1e9))
      ->type_name("S");
  app.add_option("--gap", words.gap,
                 "Before every timed step: none, idle (threads sleep) or cold (caches are flushed)")
      ->type_name("WORD");
  app.add_option("--layer", words.layers,
                 "Only the layers whose name matches this regular expression (RE2's syntax)")
      ->type_name("REGEX");
  app.add_option("--verify", words.verify,
                 "on, off, only: compare every layer with the reference before timing")
      ->capture_default_str()
      ->type_name("WORD");
  app.add_flag("--describe", options.describe, "Print the network's table and exit");
  app.add_option("--format", words.format, "Of --describe: table, json, csv")
      ->capture_default_str()
      ->type_name("WORD");
  app.add_option("--output", options.output, "Where the folder with the results goes")
      ->capture_default_str()
      ->type_name("DIR");
  app.add_option("--choices", options.choices,
                 "Take over what backends chose by timing in an earlier run: its result.json")
      ->type_name("FILE");
  app.add_option("--input", options.input, "Images in place of random ones: .npy, NCHW")
      ->type_name("FILE.npy");
  app.add_option("--dump", options.dump, "Write the tensors of one step as .npy files")->type_name("DIR");
}

/// Parses what `app` has declared, and gives the words their meaning.
std::variant<Options, EarlyExit> parse(CLI::App& app, int argc, const char* const* argv, Options& options,
                                       Words& words) {
  try {
    app.parse(argc, argv);
    interpret(words, options);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    const bool fine = app.exit(error, out, err) == 0;
    if (fine) return EarlyExit{0, out.str()};
    return EarlyExit{bad_arguments, error.what() + ("\nTry '" + app.get_name()) + " --help'.\n"};
  }
  return options;
}

}  // namespace

std::variant<Options, EarlyExit> parse_options(int argc, const char* const* argv) {
  CLI::App app{
      "Measures what each layer of a convolutional network costs on this machine, or on the ranks of mpirun.",
      "bench"};
  app.set_version_flag("--version", "cnnbench " CNNBENCH_VERSION);
  app.get_formatter()->column_width(28);
  Options options;
  Words words;
  declare(app, options, words);
  return parse(app, argc, argv, options, words);
}

std::variant<Options, EarlyExit> parse_options(const std::vector<std::string>& arguments) {
  std::vector<const char*> words{"bench"};
  for (const std::string& word : arguments) words.push_back(word.c_str());
  return parse_options(static_cast<int>(words.size()), words.data());
}

std::variant<Options, EarlyExit> parse_workload(const std::string& program, const std::string& description,
                                                const std::string& config, int argc,
                                                const char* const* argv) {
  CLI::App app{description, program};
  app.get_formatter()->column_width(28);
  Options options;
  options.configs = {config};
  Words words;
  declare_workload(app, options, words);
  return parse(app, argc, argv, options, words);
}

}  // namespace cnnbench
