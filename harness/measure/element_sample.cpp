#include "harness/measure/element_sample.h"

#include <algorithm>
#include <numeric>
#include <random>

#include "harness/model/layer_rules.h"

namespace cnnbench {
namespace {

std::int64_t index_of(const Extents& extents, const Extents& position) {
  std::int64_t index = 0;
  for (std::size_t d = 0; d < extents.size(); ++d) index = index * extents[d] + position[d];
  return index;
}

class Sampler {
 public:
  Sampler(const Extents& extents, std::uint64_t seed) : extents_(extents), generator_(seed) {}

  void add_spread(std::int64_t size, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
      const auto first = static_cast<std::int64_t>(static_cast<__int128>(size) * i / count);
      const auto next = static_cast<std::int64_t>(static_cast<__int128>(size) * (i + 1) / count);
      elements_.push_back(first + below(next - first));
    }
  }

  /// Equally many on each border, or all that a small one has.
  void add_borders(std::int64_t size, std::int64_t count) {
    const auto open = std::count_if(extents_.begin(), extents_.end(), [](auto extent) { return extent > 1; });
    if (open == 0) return;
    for (std::size_t d = 0; d < extents_.size(); ++d) {
      if (extents_[d] == 1) continue;
      const std::int64_t each = std::min(count / (2 * open) + 1, size / extents_[d]);
      for (const std::int64_t border : {std::int64_t{0}, extents_[d] - 1})
        for (std::int64_t i = 0; i < each; ++i) {
          Extents position;
          for (std::size_t other = 0; other < position.size(); ++other)
            position[other] = other == d ? border : below(extents_[other]);
          elements_.push_back(index_of(extents_, position));
        }
    }
  }

  void add_corners() {
    for (unsigned corner = 0; corner < 1U << extents_.size(); ++corner) {
      Extents position;
      for (std::size_t d = 0; d < position.size(); ++d)
        position[d] = (corner >> d & 1U) != 0 ? extents_[d] - 1 : 0;
      elements_.push_back(index_of(extents_, position));
    }
  }

  std::int64_t drawn() const { return static_cast<std::int64_t>(elements_.size()); }

  std::vector<std::int64_t> take() {
    std::sort(elements_.begin(), elements_.end());
    elements_.erase(std::unique(elements_.begin(), elements_.end()), elements_.end());
    return std::move(elements_);
  }

 private:
  std::int64_t below(std::int64_t bound) {
    return static_cast<std::int64_t>(generator_() % static_cast<std::uint64_t>(bound));
  }

  const Extents& extents_;
  std::mt19937_64 generator_;
  std::vector<std::int64_t> elements_;
};

}  // namespace

Extents extents(const ModelLayer& layer, Tensor tensor, std::int64_t batch) {
  const Shape& in = layer.input;
  const Shape& out = layer.output;
  switch (tensor) {
    case Tensor::input:
    case Tensor::input_gradient:
      return {batch, in.channels, in.height, in.width};
    case Tensor::output:
    case Tensor::output_gradient:
    case Tensor::mask:
      return {batch, out.channels, out.height, out.width};
    case Tensor::bias:
    case Tensor::bias_gradient:
      return {layer.biases, 1, 1, 1};
    case Tensor::weights:
    case Tensor::weights_gradient:
      break;
  }
  return sizes_of(layer).parameters.weights;
}

std::vector<std::int64_t> sample_elements(const Extents& extents, std::int64_t count, std::uint64_t seed) {
  const std::int64_t size =
      std::accumulate(extents.begin(), extents.end(), std::int64_t{1}, std::multiplies<>());
  if (count >= size) {
    std::vector<std::int64_t> all(static_cast<std::size_t>(size));
    std::iota(all.begin(), all.end(), std::int64_t{0});
    return all;
  }
  Sampler sampler(extents, seed);
  sampler.add_borders(size, count / 2);
  sampler.add_spread(size, std::max((count + 1) / 2, count - sampler.drawn()));
  sampler.add_corners();
  return sampler.take();
}

}  // namespace cnnbench
