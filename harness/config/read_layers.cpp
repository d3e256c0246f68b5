#include "harness/config/read_layers.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "harness/config/config.h"
#include "harness/config/layer_kinds.h"
#include "harness/config/utf8.h"

namespace cnnbench {
namespace {

constexpr std::size_t most_layers = 10'000;

struct ReadLayer {
  LayerKind kind;
  std::optional<Value> name;
};

/// A layer as the map of its kind's keys: `- conv: {…}`, or the kind alone, `- flatten`, as if with an empty
/// map.
ReadLayer read_layer(const Value& value) {
  const Node& node = value.node();
  if (node.kind == Node::Kind::scalar) {
    Node no_keys;
    no_keys.kind = Node::Kind::map;
    no_keys.place = node.place;
    const LayerKindReader reader = find_layer_kind(node.text, value.source(), node.place);
    return {reader.read(MapReader(Value(value.source(), no_keys, ""), node.text, reader.keys())),
            std::nullopt};
  }
  if (!value.is_map() || node.children.empty())
    value.fail_expected("a layer such as 'conv: {filters: 64, …}'");
  const Node& kind = node.children.front();
  const LayerKindReader reader = find_layer_kind(kind.key, value.source(), kind.key_place);
  if (node.children.size() > 1) {
    const Node& second = node.children[1];
    value.source().fail(
        second.key_place,
        fmt::format("second key {} in a layer beside {}; expected one, its kind, with the keys of "
                    "the layer indented below it or in {{…}}",
                    in_quotes(second.key), in_quotes(kind.key)));
  }
  const MapReader map(Value(value.source(), kind, in_quotes(kind.key)), kind.key, reader.keys());
  return {reader.read(map), map.find("name")};
}

}  // namespace

LayerList read_layers(const Value& value) {
  LayerList result;
  std::map<std::string, int> given;  // name → line
  for (const Value& entry : value.list(most_layers, "entry")) {
    ReadLayer layer = read_layer(entry);
    std::string name;
    if (layer.name) {
      name = layer.name->name();
      const auto [first, is_new] = given.emplace(name, layer.name->place().line);
      if (!is_new) {
        layer.name->fail(fmt::format("layer name {} is used twice; it is already given on line {}",
                                     in_quotes(name), first->second + 1));
      }
    }
    result.layers.push_back({name, layer.kind});
    result.places.push_back(entry.place());
  }
  std::map<std::string, int, std::less<>> counts;
  for (Layer& layer : result.layers) {
    const std::string kind(kind_name(layer.kind));
    int& count = counts[kind];
    ++count;
    if (!layer.name.empty()) continue;
    layer.name = kind + std::to_string(count);
    while (given.contains(layer.name)) layer.name = kind + std::to_string(++count);
  }
  return result;
}

}  // namespace cnnbench
