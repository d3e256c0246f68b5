#include "harness/measure/sorted_samples.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace cnnbench {

namespace {

constexpr std::size_t block_size = 1024;

std::vector<double> make_block() {
  std::vector<double> block;
  block.reserve(block_size);
  return block;
}

}  // namespace

void SortedSamples::add(double value) {
  if (blocks_.empty()) blocks_.push_back(make_block());
  auto block =
      std::partition_point(blocks_.begin(), blocks_.end(), [value](const std::vector<double>& candidate) {
        return !candidate.empty() && candidate.back() < value;
      });
  if (block == blocks_.end()) --block;

  block->insert(std::upper_bound(block->begin(), block->end(), value), value);
  ++size_;

  if (block->size() == block_size) {
    std::vector<double> upper = make_block();
    const auto middle = block->begin() + block_size / 2;
    upper.assign(middle, block->end());
    block->erase(middle, block->end());
    blocks_.insert(std::next(block), std::move(upper));
  }
}

double SortedSamples::operator[](std::size_t index) const {
  auto block = blocks_.begin();
  while (index >= block->size()) {
    index -= block->size();
    ++block;
  }
  return (*block)[index];
}

}  // namespace cnnbench
