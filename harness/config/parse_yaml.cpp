#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "harness/config/config.h"
#include "harness/config/node.h"
#include "harness/config/utf8.h"

namespace cnnbench {
namespace {

constexpr std::size_t most_depth = 32;
constexpr std::size_t most_nodes = 100'000;

struct Size {
  std::size_t nodes = 1;
  std::size_t depth = 1;
};

Size size_of(const Node& node) {
  Size size;
  for (const Node& child : node.children) {
    const Size part = size_of(child);
    size.nodes += part.nodes;
    size.depth = std::max(size.depth, part.depth + 1);
  }
  return size;
}

/// Builds the tree from the parser's events, so that every limit holds before memory is spent, and no key of
/// a map is lost, as happens in yaml-cpp's own nodes.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const SourceFile& source) : source_(source) {}

  bool complete() const { return complete_; }
  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (complete_) fail(mark, "a second document begins here; expected one a file");
  }
  void OnDocumentEnd() override { complete_ = true; }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node = make(Node::Kind::null, mark, "");
    node.place = place_of_null(node.place);
    add(std::move(node), anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node = make(Node::Kind::scalar, mark, tag);
    node.text = value;
    node.quoted = tag == "!";  // yaml-cpp's mark of a scalar that is not plain
    add(std::move(node), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto named = anchors_.find(anchor);
    if (named == anchors_.end()) fail(mark, "this alias stands inside the very value that it names");
    const Size size = size_of(named->second);
    if (open_.size() + size.depth > most_depth) fail_depth(mark);
    count_nodes({mark.line, mark.column}, size.nodes);
    Node node = named->second;
    node.place = {mark.line, mark.column};
    add(std::move(node), 0);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(make(Node::Kind::list, mark, tag), anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(make(Node::Kind::map, mark, tag), anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  /// A list or map whose end has not come yet.
  struct Open {
    Node node;
    YAML::anchor_t anchor = 0;
    bool has_key = false;  ///< of a map: the key of the next value has come
    std::string key;
    Place key_place;
    std::map<std::string, int, std::less<>> lines;  ///< of a map: where its keys are
  };

  [[noreturn]] void fail(const YAML::Mark& mark, std::string_view message) const {
    source_.fail({mark.line, mark.column}, message);
  }
  [[noreturn]] void fail_depth(const YAML::Mark& mark) const {
    fail(mark, fmt::format("nested too deeply; expected at most {} levels", most_depth));
  }
  void count_nodes(Place place, std::size_t count) {
    nodes_ += count;
    if (nodes_ > most_nodes)
      source_.fail(place, fmt::format("too many values; expected at most {}", most_nodes));
  }

  Node make(Node::Kind kind, const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!") {
      fail(mark, fmt::format("YAML tag {}; expected a value without a tag", in_quotes(tag)));
    }
    if (open_.size() >= most_depth) fail_depth(mark);
    Node node;
    node.kind = kind;
    node.place = {mark.line, mark.column};
    count_nodes(node.place, 1);
    return node;
  }

  /// yaml-cpp reports a list's empty entry at whatever comes next: then the place is the last thing before
  /// that.
  Place place_of_null(Place place) const {
    const std::string& text = source_.text();
    std::size_t end = source_.offset(place);
    if (end < text.size() && (text[end] == '~' || text[end] == 'n' || text[end] == 'N')) return place;
    end = text.find_last_not_of(" \t\r\n", end == 0 ? 0 : end - 1);
    return end == std::string::npos ? place : source_.place(end);
  }

  void open(Node node, YAML::anchor_t anchor) {
    open_.push_back({std::move(node), anchor, false, {}, {}, {}});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    add(std::move(done.node), done.anchor);
  }

  bool is_key() const {
    return !open_.empty() && open_.back().node.kind == Node::Kind::map && !open_.back().has_key;
  }

  void add(Node node, YAML::anchor_t anchor) {
    if (anchor != 0) {
      count_nodes(node.place, size_of(node).nodes);  // the copy takes memory too
      anchors_[anchor] = node;
    }
    if (open_.empty()) {
      root_ = std::move(node);
    } else if (is_key()) {
      add_key(node);
    } else {
      Open& parent = open_.back();
      if (parent.has_key) {
        node.key = std::move(parent.key);
        node.key_place = parent.key_place;
        parent.has_key = false;
      }
      parent.node.children.push_back(std::move(node));
    }
  }

  void add_key(const Node& node) {
    if (node.kind == Node::Kind::null) source_.fail(node.place, "a key without a name; expected a word");
    if (node.kind != Node::Kind::scalar) source_.fail(node.place, "a list or map as a key; expected a word");
    Open& map = open_.back();
    const auto [first, is_new] = map.lines.emplace(node.text, node.place.line);
    if (!is_new) {
      source_.fail(node.place, fmt::format("repeated key {}; it is already given on line {}",
                                           in_quotes(node.text), first->second + 1));
    }
    map.has_key = true;
    map.key = node.text;
    map.key_place = node.place;
  }

  const SourceFile& source_;
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, Node> anchors_;
  std::size_t nodes_ = 0;
  bool complete_ = false;
  Node root_;
};

}  // namespace

Node parse_yaml(const SourceFile& source) {
  std::istringstream stream(source.text());
  TreeBuilder builder(source);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    if (error.mark.is_null()) source.fail("is not valid YAML: " + error.msg);
    source.fail({error.mark.line, error.mark.column}, "not valid YAML: " + error.msg);
  }
  if (!builder.complete()) source.fail("is empty; expected a network or a comparison");
  return builder.take();
}

}  // namespace cnnbench
