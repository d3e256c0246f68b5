#include "harness/model/layer_rules.h"

#include <gtest/gtest.h>

#include <map>

namespace cnnbench {
namespace {

TEST(LayerRules, GiveEveryKindAProbeThatCanBeBuilt) {
  for (const LayerKind& kind : all_kinds()) {
    const std::vector<Layer> probes = rules_of(kind).probes();
    EXPECT_FALSE(probes.empty()) << kind_name(kind);
    for (const Layer& probe : probes) {
      SCOPED_TRACE(probe.name);
      EXPECT_EQ(probe.kind.index(), kind.index());
      EXPECT_EQ(probe.name.find(kind_name(probe.kind)), 0U) << "a probe is named after its kind";
      const Model model = build_model("probe", "", probe_input, {probe}, Loss::l2, {true});
      EXPECT_GT(model.layers[0].output.size(), 0);
    }
  }
}

TEST(LayerRules, NameNoTwoKindsAlike) {
  std::map<std::string_view, std::size_t> kinds;
  for (const Layer& probe : all_probes()) {
    const auto [known, is_new] = kinds.emplace(kind_name(probe.kind), probe.kind.index());
    EXPECT_EQ(known->second, probe.kind.index()) << known->first;
  }
  EXPECT_EQ(kinds.size(), std::variant_size_v<LayerKind> + 1);  // a pooling has two names
}

}  // namespace
}  // namespace cnnbench
