#pragma once

#include <algorithm>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <vector>

#include "kernels/onednn/builder.h"

namespace cnnbench::onednn {

/// A primitive with the layouts that the library chose for it.
struct Chosen {
  dnnl::primitive primitive;
  std::string implementation;
  memory::desc src;      ///< or its gradient
  memory::desc weights;  ///< or their gradient
  memory::desc dst;      ///< or its gradient
};

/// What a convolution or dense primitive is put between.
struct Place {
  Direction direction = Direction::forward;
  memory::desc
      src;  ///< as the source (forward, backward weights) comes, or its gradient (backward data) is to leave
  memory::desc dst;   ///< as the destination is to leave (forward), or its gradient comes
  memory::desc bias;  ///< or its gradient; may be empty
};

/// The fastest of the offers in this place by the tuner, each with the reorders that it needs there and on
/// memory of its own. The first is the library's own choice.
const Chosen& fastest(const Builder& builder, const std::vector<Chosen>& offers, const Place& place);

/// Adds all descriptors that `make` yields, as `describe` sees them, but for those that are in the list. What
/// the library does not have at all adds nothing.
template <typename Make, typename Describe>
void add_offers(std::vector<Chosen>& offers, const Make& make, const Describe& describe) {
  try {
    for (const auto& desc : make()) {
      const Chosen offer = describe(desc);
      const auto same = [&](const Chosen& other) {
        return other.implementation == offer.implementation && other.src == offer.src &&
               other.weights == offer.weights && other.dst == offer.dst;
      };
      if (std::none_of(offers.begin(), offers.end(), same)) offers.push_back(offer);
    }
  } catch (const dnnl::error& error) {
    if (error.status != dnnl_unimplemented && error.status != dnnl_invalid_arguments) throw;
  }
}

}  // namespace cnnbench::onednn
