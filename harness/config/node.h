#pragma once

#include <string>
#include <vector>

#include "harness/config/source_file.h"

namespace cnnbench {

/// A YAML value as plain data. A map keeps its entries in the order of the file.
struct Node {
  enum class Kind { null, scalar, list, map };
  Kind kind = Kind::null;
  Place place;
  std::string text;     ///< of a scalar
  bool quoted = false;  ///< the scalar stood in quotes, so it is text even where it looks like a number
  std::vector<Node> children;  ///< entries of a list, values of a map
  std::string key;             ///< of a map's value
  Place key_place;
};

/// Reads a file that holds one YAML document. Throws ConfigError, with the place, where it is empty, no YAML,
/// more than one document, nested deeper than 32, or has more than 100,000 values (aliases counted as what
/// they stand for); where a key is repeated or is no plain word; where a value has a tag; and where an alias
/// stands inside the value that it names.
Node parse_yaml(const SourceFile& source);

}  // namespace cnnbench
