#include "harness/config/value.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "harness/config/config.h"
#include "harness/config/utf8.h"

namespace cnnbench {
namespace {

/// What a node is, in words for "found …".
std::string describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::list:
      return node.children.empty() ? "an empty list" : fmt::format("a list of {}", node.children.size());
    case Node::Kind::map:
      return "a map";
    case Node::Kind::scalar:
      break;
  }
  return (node.quoted ? "the quoted text " : "") + in_quotes(node.text);
}

bool is_plain(const Node& node) {
  return node.kind == Node::Kind::scalar && !node.quoted;
}

// Not std::isalpha: names must not depend on the locale.
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// -?(0|[1-9][0-9]*): a leading zero would be octal to some readers of YAML.
bool is_integer(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return false;
  return text == "0" || text.front() != '0';
}

/// The whole text as a T; empty where it is no finite T.
template <typename T>
std::optional<T> parse(const std::string& text) {
  T result{};
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, result);
  if (error != std::errc() || rest != end) return std::nullopt;
  return result;
}

}  // namespace

std::int64_t Value::integer(std::int64_t least, std::int64_t most) const {
  if (is_plain(*node_) && is_integer(node_->text)) {
    const std::optional<std::int64_t> result = parse<std::int64_t>(node_->text);
    if (result && *result >= least && *result <= most) return *result;
  }
  fail_expected(fmt::format("a whole number from {} to {}", least, most));
}

double Value::number(double least, double most, bool above) const {
  if (is_plain(*node_)) {
    const std::optional<double> result = parse<double>(node_->text);
    // Written so that NaN fails.
    if (result && (above ? *result > least : *result >= least) && *result <= most) return *result;
  }
  fail_expected(above ? fmt::format("a number above {} and up to {}", least, most)
                      : fmt::format("a number from {} to {}", least, most));
}

bool Value::boolean() const {
  if (is_plain(*node_) && node_->text == "true") return true;
  if (is_plain(*node_) && node_->text == "false") return false;
  fail_expected("true or false");
}

std::string Value::text(std::size_t most) const {
  const bool has_control = std::any_of(node_->text.begin(), node_->text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
  if (node_->kind == Node::Kind::scalar && !node_->text.empty() && !has_control &&
      utf8_characters(node_->text) <= most) {
    return node_->text;
  }
  fail_expected(fmt::format("one line of text of 1 to {} characters", most));
}

std::string Value::name() const {
  const std::string& text = node_->text;
  const auto allowed = [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.'; };
  if (node_->kind != Node::Kind::scalar || text.empty() || text.size() > 64 ||
      !std::all_of(text.begin(), text.end(), allowed) || text.front() == '-' || text.front() == '.') {
    fail_expected("a name of 1 to 64 letters, digits, '_', '-' and '.', not beginning with '-' or '.',");
  }
  if (text == "input" || text == "labels" || text == "loss") {
    fail(fmt::format("{} is {}, a reserved name; expected any but input, labels and loss", title_,
                     in_quotes(text)));
  }
  return text;
}

Extent Value::extent(std::int64_t least, std::int64_t most) const {
  if (node_->kind == Node::Kind::scalar) {
    if (!is_plain(*node_) || !is_integer(node_->text)) {
      fail_expected(fmt::format("a whole number from {} to {} or [height, width]", least, most));
    }
    const std::int64_t side = integer(least, most);
    return {side, side};
  }
  if (node_->kind != Node::Kind::list || node_->children.size() != 2) {
    fail_expected(fmt::format("a whole number from {} to {} or [height, width]", least, most));
  }
  const auto side = [&](std::size_t index, std::string_view title) {
    return Value(*source_, node_->children[index], fmt::format("the {} of {}", title, title_))
        .integer(least, most);
  };
  return {side(0, "height"), side(1, "width")};
}

std::size_t Value::choice(const std::vector<std::string>& words, std::string_view also) const {
  if (node_->kind == Node::Kind::scalar) {
    const auto found = std::find(words.begin(), words.end(), node_->text);
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  }
  std::string expected(also);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!expected.empty()) expected += i + 1 == words.size() ? " or " : ", ";
    expected += words[i];
  }
  fail_expected(expected, node_->kind == Node::Kind::scalar ? nearest(node_->text, words) : "");
}

std::vector<Value> Value::list(std::size_t most, std::string_view title) const {
  if (node_->kind != Node::Kind::list || node_->children.empty() || node_->children.size() > most) {
    fail_expected(fmt::format("a list of 1 to {} entries", most));
  }
  std::vector<Value> result;
  for (const Node& child : node_->children) {
    result.emplace_back(*source_, child, fmt::format("{} {} of {}", title, result.size() + 1, title_));
  }
  return result;
}

bool Value::is_word() const {
  return node_->kind == Node::Kind::scalar && !node_->text.empty() && is_letter(node_->text.front());
}

Place Value::place() const {
  return node_->kind == Node::Kind::null && !node_->key.empty() ? node_->key_place : node_->place;
}

void Value::fail_expected(std::string_view expected, std::string_view hint) const {
  const std::string suggestion = hint.empty() ? "" : fmt::format("; did you mean '{}'?", hint);
  fail(fmt::format("expected {} for {}, found {}{}", expected, title_, describe(*node_), suggestion));
}

MapReader::MapReader(const Value& value, std::string title, std::vector<std::string> known)
    : value_(value), title_(std::move(title)) {
  if (!value.is_map()) value.fail_expected(fmt::format("a map with keys among {}", fmt::join(known, ", ")));
  for (const Node& child : value.node().children) {
    if (std::find(known.begin(), known.end(), child.key) != known.end()) continue;
    const std::string meant = nearest(child.key, known);
    const std::string hint = meant.empty() ? fmt::format("; expected one of: {}", fmt::join(known, ", "))
                                           : fmt::format("; did you mean '{}'?", meant);
    value.source().fail(child.key_place,
                        fmt::format("unknown key {} in {}{}", in_quotes(child.key), title_, hint));
  }
}

std::optional<Value> MapReader::find(std::string_view key) const {
  for (const Node& child : value_.node().children) {
    if (child.key == key) return Value(value_.source(), child, fmt::format("'{}' in {}", key, title_));
  }
  return std::nullopt;
}

Value MapReader::at(std::string_view key) const {
  if (std::optional<Value> value = find(key)) return *value;
  value_.fail(fmt::format("missing key '{}' in {}", key, title_));
}

}  // namespace cnnbench
