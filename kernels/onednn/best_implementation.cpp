#include "kernels/onednn/best_implementation.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <unordered_map>

namespace cnnbench::onednn {
namespace {

constexpr int most_runs = 5;
constexpr double clearly_faster = 0.95;  // of the time of the library's own choice
constexpr double hopeless = 1.5;         // of the best time so far: not run again

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Memory with ones in it: zeros could be treated in a way of their own.
class Scratch {
 public:
  Scratch(const memory::desc& desc, const dnnl::engine& engine) : data_(desc, engine, DNNL_MEMORY_NONE) {
    if (desc.get_size() == 0) return;
    buffer_ = AlignedBuffer(desc.get_size());
    float* const values = static_cast<float*>(buffer_.data());
    std::fill(values, values + desc.get_size() / sizeof(float), 1.0F);
    data_.set_data_handle(buffer_.data());
  }
  const memory& data() const { return data_; }

 private:
  memory data_;
  AlignedBuffer buffer_;
};

/// Least seconds of a few runs, fewer where it has no chance against `best`.
double time(const Builder& builder, const dnnl::primitive& primitive,
            const std::unordered_map<int, memory>& arguments, double best) {
  dnnl::stream stream = builder.stream;
  const auto run = [&] {
    const double start = seconds_now();
    primitive.execute(stream, arguments);
    stream.wait();
    return seconds_now() - start;
  };
  double least = run();  // pays for the library's scratchpad and cold caches
  for (int i = 0; i < most_runs && (i == 0 || least < hopeless * best); ++i) least = std::min(least, run());
  return least;
}

double reorder_seconds(const Builder& builder, const memory::desc& from, const memory::desc& to) {
  if (from == to) return 0;
  const Scratch source(from, builder.engine);
  const Scratch target(to, builder.engine);
  const Reorder reorder(builder.engine, from, to, builder.library(Direction::reorder).trusted);
  if (!reorder.primitive()) return std::numeric_limits<double>::infinity();
  return time(builder, reorder.primitive(), {{DNNL_ARG_FROM, source.data()}, {DNNL_ARG_TO, target.data()}},
              std::numeric_limits<double>::infinity());
}

/// Seconds of one offer alone.
double own_seconds(const Builder& builder, const Chosen& offer, const Place& place, double best) {
  const Scratch src(offer.src, builder.engine);
  const Scratch weights(offer.weights, builder.engine);
  const Scratch dst(offer.dst, builder.engine);
  const Scratch bias(place.bias, builder.engine);
  std::unordered_map<int, memory> arguments;
  switch (place.direction) {
    case Direction::backward_data:
      arguments = {{DNNL_ARG_DIFF_SRC, src.data()},
                   {DNNL_ARG_WEIGHTS, weights.data()},
                   {DNNL_ARG_DIFF_DST, dst.data()}};
      break;
    case Direction::backward_weights:
      arguments = {{DNNL_ARG_SRC, src.data()},
                   {DNNL_ARG_DIFF_WEIGHTS, weights.data()},
                   {DNNL_ARG_DIFF_DST, dst.data()}};
      if (place.bias != memory::desc()) arguments.insert({DNNL_ARG_DIFF_BIAS, bias.data()});
      break;
    default:
      arguments = {
          {DNNL_ARG_SRC, src.data()}, {DNNL_ARG_WEIGHTS, weights.data()}, {DNNL_ARG_DST, dst.data()}};
      if (place.bias != memory::desc()) arguments.insert({DNNL_ARG_BIAS, bias.data()});
  }
  return time(builder, offer.primitive, arguments, best);
}

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

std::size_t find_fastest(const Builder& builder, const std::vector<Chosen>& offers, const Place& place) {
  std::size_t best = 0;
  double least = std::numeric_limits<double>::infinity();
  double limit = least;
  for (std::size_t i = 0; i < offers.size(); ++i) {
    // The library's unoptimised loops take a hundred times as long: run only where they are its own choice.
    if (i > 0 && (is_reference(offers[i]) || !fits(builder, offers[i], place))) continue;
    double seconds = own_seconds(builder, offers[i], place, least);
    if (seconds >= limit) continue;
    const bool backward_data = place.direction == Direction::backward_data;
    const bool forward = place.direction == Direction::forward;
    seconds += backward_data ? reorder_seconds(builder, offers[i].src, place.src)
                             : reorder_seconds(builder, place.src, offers[i].src);
    seconds += forward ? reorder_seconds(builder, offers[i].dst, place.dst)
                       : reorder_seconds(builder, place.dst, offers[i].dst);
    if (seconds >= limit) continue;
    best = i;
    least = seconds;
    limit = i == 0 ? clearly_faster * seconds : seconds;
  }
  return best;
}

/// What was found before in the same place among the same offers.
struct Known {
  Place place;
  std::vector<Chosen> offers;
  int threads;
  std::size_t best;

  bool is(const std::vector<Chosen>& others, const Place& where, int with_threads) const {
    const auto same_offer = [](const Chosen& a, const Chosen& b) {
      return a.implementation == b.implementation && a.src == b.src && a.weights == b.weights &&
             a.dst == b.dst;
    };
    return threads == with_threads && place.direction == where.direction && place.src == where.src &&
           place.dst == where.dst &&
           std::equal(offers.begin(), offers.end(), others.begin(), others.end(), same_offer);
  }
};

}  // namespace

const Chosen& fastest(const Builder& builder, const std::vector<Chosen>& offers, const Place& place) {
  static std::vector<Known> all;
  if (offers.size() == 1) return offers.front();
  const int threads = builder.options.threads;
  const auto known = std::find_if(all.begin(), all.end(),
                                  [&](const Known& each) { return each.is(offers, place, threads); });
  if (known != all.end()) return offers[known->best];
  const std::size_t best = find_fastest(builder, offers, place);
  std::vector<Chosen> descriptions = offers;
  for (Chosen& offer : descriptions) offer.primitive = {};  // they hold memory
  all.push_back({place, std::move(descriptions), threads, best});
  return offers[best];
}

}  // namespace cnnbench::onednn
