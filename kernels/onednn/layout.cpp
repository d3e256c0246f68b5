#include "kernels/onednn/layout.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "kernels/onednn/compat.h"

namespace cnnbench::onednn {
namespace {

std::string names_of(const std::vector<dnnl::memory::desc>& descs) {
  std::string names;
  std::set<std::string> known;
  for (const dnnl::memory::desc& desc : descs)
    if (const std::string name = layout_name(desc); known.insert(name).second)
      names += (names.empty() ? "" : ", ") + name;
  return names;
}

}  // namespace

std::string layout_name(const dnnl::memory::desc& desc) {
  const std::optional<compat::Blocks> blocks = compat::blocks_of(desc);
  if (!blocks) return "opaque";
  std::vector<std::size_t> order(blocks->strides.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return blocks->strides[a] > blocks->strides[b]; });
  std::string name;
  for (const std::size_t dimension : order) {
    const auto split =
        std::count(blocks->of.begin(), blocks->of.end(), static_cast<dnnl::memory::dim>(dimension));
    name += static_cast<char>((split > 0 ? 'A' : 'a') + dimension);
  }
  for (std::size_t i = 0; i < blocks->of.size(); ++i)
    name += std::to_string(blocks->sizes[i]) + static_cast<char>('a' + blocks->of[i]);
  return name;
}

std::string layouts_of(const std::vector<dnnl::memory::desc>& reads,
                       const std::vector<dnnl::memory::desc>& writes) {
  const std::string from = names_of(reads);
  const std::string to = names_of(writes);
  return from == to ? from : from + " → " + to;
}

std::int64_t channel_block() {
  return compat::effective_isa().starts_with("avx512") ? 16 : 8;
}

dnnl::memory::desc blocked_desc(const dnnl::memory::dims& dims) {
  using enum dnnl::memory::format_tag;
  return {dims, dnnl::memory::data_type::f32, channel_block() == 16 ? nChw16c : nChw8c};
}

}  // namespace cnnbench::onednn
