#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "harness/backend/backend.h"
#include "harness/measure/runner.h"

namespace cnnbench {

enum class Verify { on, off, only };
enum class Format { table, json, csv };

/// The command line. What was not given is empty and falls to the config, then to the defaults.
struct Options {
  std::vector<std::string> configs;
  std::vector<Pass> passes;
  std::vector<const Backend*> backends;
  std::vector<View> views;
  std::optional<std::int64_t> batch;
  std::optional<std::int64_t> global_batch;
  std::optional<std::int64_t> burn_in;
  std::optional<std::int64_t> steps;
  std::optional<double> precision;
  std::optional<double> max_seconds;
  std::optional<Gap> gap;
  int threads = 0;  ///< 0: this rank's share of the node
  std::optional<LayerPattern> layers;
  Verify verify = Verify::on;
  bool describe = false;
  bool list_backends = false;
  Format format = Format::table;
  std::string output = "results";
  std::uint64_t seed = 1;
  std::string choices;
  std::string input;
  std::string dump;
};

/// The program ends here: after --help or --version (status 0), or for bad arguments (status 2).
struct EarlyExit {
  int status = 0;
  std::string text;  ///< to be printed, an error behind the program's name
};

/// The command line of bench.
std::variant<Options, EarlyExit> parse_options(int argc, const char* const* argv);
/// The same without the program's name in front.
std::variant<Options, EarlyExit> parse_options(const std::vector<std::string>& arguments);

/// The command line of another program that takes of bench's options what says what is to run: --config
/// (where none is given: `config`), --pass, --backend, --batch, --threads, --seed. `description` is for
/// --help.
std::variant<Options, EarlyExit> parse_workload(const std::string& program, const std::string& description,
                                                const std::string& config, int argc, const char* const* argv);

}  // namespace cnnbench
