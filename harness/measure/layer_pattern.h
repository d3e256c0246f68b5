#pragma once

#include <memory>
#include <string>

namespace re2 {
class RE2;
}

namespace cnnbench {

/// A regular expression over the names of layers (RE2's syntax). Its matching takes time linear in the name,
/// and no stack, whatever the expression.
class LayerPattern {
 public:
  /// Throws std::invalid_argument, with the reason, where it is not a regular expression.
  explicit LayerPattern(const std::string& expression);

  /// Matches anywhere in the name.
  bool matches(const std::string& layer) const;

 private:
  std::shared_ptr<const re2::RE2> expression_;
};

}  // namespace cnnbench
