#pragma once

#include <cstddef>
#include <vector>

namespace cnnbench {

/// Samples in ascending order while they arrive one by one: sorted blocks of bounded size, so that a sample
/// costs about the same after a million steps as after a hundred.
class SortedSamples {
 public:
  void add(double value);
  std::size_t size() const { return size_; }
  /// The value at `index` (from 0, less than size()) in ascending order.
  double operator[](std::size_t index) const;

 private:
  std::vector<std::vector<double>> blocks_;  ///< none empty; no value of a block above any of the next
  std::size_t size_ = 0;
};

}  // namespace cnnbench
