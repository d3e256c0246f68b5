#include <fmt/format.h>

#include <algorithm>

#include "harness/config/read_network.h"

namespace cnnbench {
namespace {

std::vector<Pass> read_passes(const Value& value) {
  std::vector<Pass> passes;
  for (const Value& entry : value.list(3, "entry")) {
    const Pass pass = entry.one_of({Pass::forward, Pass::forward_backward, Pass::train});
    if (std::find(passes.begin(), passes.end(), pass) != passes.end()) {
      entry.fail(fmt::format("repeated pass '{}' in 'passes'; expected each once", to_string(pass)));
    }
    passes.push_back(pass);
  }
  return passes;
}

Sgd read_sgd(const Value& value) {
  const MapReader map(value, "sgd", {"learning_rate", "momentum"});
  Sgd sgd;
  if (const auto rate = map.find("learning_rate")) sgd.learning_rate = rate->number(0, 1000, true);
  if (const auto momentum = map.find("momentum")) sgd.momentum = momentum->number(0, 1);
  return sgd;
}

RmsProp read_rmsprop(const Value& value) {
  const MapReader map(value, "rmsprop", {"learning_rate"});
  RmsProp rmsprop;
  if (const auto rate = map.find("learning_rate")) rmsprop.learning_rate = rate->number(0, 1000, true);
  return rmsprop;
}

}  // namespace

void read_run(const Value& value, RunSettings& run) {
  const MapReader map(value, "run", {"passes", "burn_in", "steps", "precision", "max_seconds", "gap"});
  if (const auto passes = map.find("passes")) run.passes = read_passes(*passes);
  if (const auto burn_in = map.find("burn_in")) run.burn_in = burn_in->integer(0, 1'000'000);
  if (const auto steps = map.find("steps")) run.steps = steps->integer(1, 10'000'000);
  if (const auto precision = map.find("precision")) run.precision = precision->number(0, 1);
  if (const auto gap = map.find("gap")) {
    const std::vector<std::string> words{"none", "idle", "cold"};
    run.gap = words[gap->choice(words)];
  }
  if (const auto most = map.find("max_seconds")) run.max_seconds = most->number(0, 1e9, true);
}

Optimizer read_optimizer(const Value& value) {
  if (!value.is_map()) {
    if (value.choice({"sgd", "rmsprop"}) == 0) return Sgd{};
    return RmsProp{};
  }
  const MapReader map(value, "optimizer", {"sgd", "rmsprop"});
  const auto sgd = map.find("sgd");
  const auto rmsprop = map.find("rmsprop");
  if (sgd && rmsprop) value.fail("both 'sgd' and 'rmsprop' in optimizer; expected one");
  if (sgd) return read_sgd(*sgd);
  if (rmsprop) return read_rmsprop(*rmsprop);
  value.fail_expected("sgd, rmsprop or one of them with its keys");
}

}  // namespace cnnbench
