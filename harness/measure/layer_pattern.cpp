#include "harness/measure/layer_pattern.h"

#include <re2/re2.h>

#include <stdexcept>

namespace cnnbench {

LayerPattern::LayerPattern(const std::string& expression) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  auto compiled = std::make_shared<const re2::RE2>(expression, options);
  if (!compiled->ok()) throw std::invalid_argument(compiled->error());
  expression_ = std::move(compiled);
}

bool LayerPattern::matches(const std::string& layer) const {
  return re2::RE2::PartialMatch(layer, *expression_);
}

}  // namespace cnnbench
