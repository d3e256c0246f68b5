#include "kernels/onednn/best_implementation.h"

#include <algorithm>
#include <functional>
#include <unordered_map>

#include "harness/backend/tuner.h"
#include "kernels/onednn/layout.h"

namespace cnnbench::onednn {
namespace {

/// An offer with the reorders that it needs in its place, on memory of its own.
class Rehearsal {
 public:
  Rehearsal(const Builder& builder, const Chosen& offer, const Place& place)
      : builder_(builder), stream_(builder.engine), outside_(filled(size_outside(offer, place))) {
    const memory src = scratch(offer.src);
    const memory weights = scratch(offer.weights);
    const memory dst = scratch(offer.dst);
    const bool backward_data = place.direction == Direction::backward_data;
    const bool forward = place.direction == Direction::forward;
    if (!backward_data) reorder(outside(place.src), src);
    if (!forward) reorder(outside(place.dst), dst);
    std::unordered_map<int, memory> arguments{
        {backward_data ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC, src},
        {place.direction == Direction::backward_weights ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS, weights},
        {forward ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST, dst}};
    if (place.bias != memory::desc())
      arguments.insert({forward ? DNNL_ARG_BIAS : DNNL_ARG_DIFF_BIAS, scratch(place.bias)});
    add(offer.primitive, arguments);
    if (backward_data) reorder(src, outside(place.src));
    if (forward) reorder(dst, outside(place.dst));
  }

  void run() const {
    for (const std::function<void()>& step : steps_) step();
  }

 private:
  /// With ones in it: zeros could be treated in a way of their own.
  static AlignedBuffer filled(std::size_t bytes) {
    if (bytes == 0) return {};
    AlignedBuffer buffer(bytes);
    std::fill_n(static_cast<float*>(buffer.data()), bytes / sizeof(float), 1.0F);
    return buffer;
  }

  /// What is read and what is written outside have one memory, since only one layer is there.
  static std::size_t size_outside(const Chosen& offer, const Place& place) {
    return std::max(offer.src == place.src ? 0 : place.src.get_size(),
                    offer.dst == place.dst ? 0 : place.dst.get_size());
  }
  memory outside(const memory::desc& desc) const { return {desc, builder_.engine, outside_.data()}; }

  memory scratch(const memory::desc& desc) {
    buffers_.push_back(filled(desc.get_size()));
    return {desc, builder_.engine, buffers_.back().data()};
  }

  void add(const dnnl::primitive& primitive, const std::unordered_map<int, memory>& arguments) {
    steps_.push_back([this, primitive, arguments]() mutable {
      primitive.execute(stream_, arguments);
      stream_.wait();
    });
  }

  void reorder(const memory& from, const memory& to) {
    if (from.get_desc() == to.get_desc()) return;
    const auto way = std::make_shared<Reorder>(builder_.engine, from.get_desc(), to.get_desc(),
                                               builder_.library(Direction::reorder).trusted);
    if (way->primitive()) return add(way->primitive(), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
    steps_.push_back([way, from, to] { way->walk(from, to); });
  }

  const Builder& builder_;
  dnnl::stream stream_;
  AlignedBuffer outside_;
  std::vector<AlignedBuffer> buffers_;
  std::vector<std::function<void()>> steps_;
};

bool is_reference(const Chosen& offer) {
  return offer.implementation.starts_with("ref");
}

/// Whether an offer can be put into its place: not every layout can be brought into every other.
bool fits(const Builder& builder, const Chosen& offer, const Place& place) {
  const bool backward_data = place.direction == Direction::backward_data;
  const bool forward = place.direction == Direction::forward;
  const auto ways = [&](const memory::desc& from, const memory::desc& to) {
    return from == to || can_reorder(builder.engine, from, to);
  };
  return (backward_data ? ways(offer.src, place.src) : ways(place.src, offer.src)) &&
         (forward ? ways(offer.dst, place.dst) : ways(place.dst, offer.dst));
}

/// "jit:avx512_core, acdb → aBcd16b, weights ABcd16b16a".
std::string name_of(const Chosen& offer) {
  return offer.implementation + ", " + layout_name(offer.src) + " → " + layout_name(offer.dst) +
         ", weights " + layout_name(offer.weights);
}

}  // namespace

const Chosen& fastest(const Builder& builder, const std::vector<Chosen>& offers, const Place& place) {
  if (offers.size() == 1) return offers.front();
  std::vector<const Chosen*> list;
  std::vector<Candidate> candidates;
  for (const Chosen& offer : offers) {
    const std::string name = name_of(offer);
    const auto has_name = [&](const Candidate& other) { return other.name == name; };
    // The library's unoptimised loops take a hundred times as long: run only where they are its own choice.
    if (!list.empty() && (is_reference(offer) || !fits(builder, offer, place) ||
                          std::any_of(candidates.begin(), candidates.end(), has_name)))
      continue;
    list.push_back(&offer);
    candidates.push_back({name, [&builder, &offer, &place] {
                            const auto rehearsal = std::make_shared<Rehearsal>(builder, offer, place);
                            return [rehearsal] { rehearsal->run(); };
                          }});
  }
  const std::string key = in_words(builder.model.layers[static_cast<std::size_t>(builder.layer())]) + "; " +
                          std::string(to_string(place.direction)) + " between " + layout_name(place.src) +
                          " and " + layout_name(place.dst);
  return *list[cnnbench::fastest(builder.options, key, candidates)];
}

}  // namespace cnnbench::onednn
