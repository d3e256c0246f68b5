#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/config/node.h"
#include "harness/model/shape.h"

namespace cnnbench {

/// A value of a config and what it is called ("'filters' in conv"). Reads strictly: each function throws
/// ConfigError, with the value's place, what is expected and what is there, where the value is not of the
/// type or out of range. Refers to the file and the node; both must outlive it.
class Value {
 public:
  Value(const SourceFile& source, const Node& node, std::string title)
      : source_(&source), node_(&node), title_(std::move(title)) {}

  /// A whole number in decimal digits; "3.0", "1e3" and quoted numbers are none.
  std::int64_t integer(std::int64_t least, std::int64_t most) const;

  /// A finite number; `above`: greater than `least`, not equal to it.
  double number(double least, double most, bool above = false) const;

  /// true or false.
  bool boolean() const;

  /// One line of text of up to `most` characters, quoted or not.
  std::string text(std::size_t most) const;

  /// A name that can be part of a file's name: 1 to 64 letters, digits, '_', '-' and '.', beginning with a
  /// letter, a digit or '_'; not 'input', 'labels' or 'loss', which name files of their own.
  std::string name() const;

  /// A number for both sides, or [height, width].
  Extent extent(std::int64_t least, std::int64_t most) const;

  /// Index of the word that the value is; `also` tells what else could stand here.
  std::size_t choice(const std::vector<std::string>& words, std::string_view also = "") const;

  /// The one of `values` whose to_string() is the value.
  template <typename T>
  T one_of(std::initializer_list<T> values) const {
    std::vector<std::string> words;
    for (const T value : values) words.emplace_back(to_string(value));
    return *(values.begin() + choice(words));
  }

  /// The entries of a list of 1 to `most`, each called "`title` N of …".
  std::vector<Value> list(std::size_t most, std::string_view title) const;

  bool is_word() const;  ///< a scalar that begins with a letter
  bool is_map() const { return node_->kind == Node::Kind::map; }
  const Node& node() const { return *node_; }
  const SourceFile& source() const { return *source_; }

  /// Where the value is; of a value that is missing behind its key, where the key is.
  Place place() const;
  [[noreturn]] void fail(std::string_view message) const { source_->fail(place(), message); }
  /// "expected … for …, found …".
  [[noreturn]] void fail_expected(std::string_view expected, std::string_view hint = "") const;

 private:
  const SourceFile* source_;
  const Node* node_;
  std::string title_;
};

/// A map whose keys are known. Throws ConfigError where the value is no map or has a key that is not among
/// `known`.
class MapReader {
 public:
  /// `title`: what the map describes, as messages call it: "conv", "run".
  MapReader(const Value& value, std::string title, std::vector<std::string> known);

  /// The value of a key that must be there.
  Value at(std::string_view key) const;
  /// The value of a key, if it is there.
  std::optional<Value> find(std::string_view key) const;

 private:
  Value value_;
  std::string title_;
};

}  // namespace cnnbench
