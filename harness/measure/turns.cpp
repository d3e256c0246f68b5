#include "harness/measure/turns.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace cnnbench {

Turns::Turns(std::size_t subjects, std::uint64_t seed) : random_(seed), order_(subjects) {
  std::iota(order_.begin(), order_.end(), std::size_t{0});
}

const std::vector<std::size_t>& Turns::next_round() {
  second_ = !second_;
  if (second_) {
    std::reverse(order_.begin(), order_.end());
  } else {
    // Fisher & Yates; not std::shuffle, whose order each library is free to choose.
    for (std::size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[random_() % i]);
  }
  return order_;
}

}  // namespace cnnbench
