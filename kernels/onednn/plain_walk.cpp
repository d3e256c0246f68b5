#include "kernels/onednn/plain_walk.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <functional>
#include <limits>
#include <numeric>

namespace cnnbench::onednn {
namespace {

std::int64_t product(const std::vector<std::int64_t>& factors) {
  return std::accumulate(factors.begin(), factors.end(), std::int64_t{1}, std::multiplies<>());
}

/// The dimension whose neighbours lie next to each other, or nearest: the innermost of a layout.
std::size_t innermost(const Places& places) {
  std::size_t best = places.dims.size() - 1;
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  for (std::size_t d = places.dims.size(); d-- > 0;) {
    if (places.dims[d] < 2 || places.offsets[d][1] >= least) continue;
    best = d;
    least = places.offsets[d][1];
  }
  return best;
}

/// Calls visit(offset in `a`, offset in `b`, indices) for every position of a box, in parallel. `a` and `b`
/// may be the same. Squares of the two innermost dimensions stay in the caches of a core: every line of both
/// sides is then loaded once.
template <typename Visit>
void walk(const std::vector<std::int64_t>& box, const Places& a, const Places& b, const Visit& visit) {
  constexpr std::int64_t side = 64;
  const std::size_t rows = innermost(b);
  const std::size_t columns = innermost(a);
  std::vector<std::int64_t> counts = box;  // of the squares and of the other indices
  counts[columns] = (box[columns] + side - 1) / side;
  if (rows != columns) counts[rows] = (box[rows] + side - 1) / side;
  const std::int64_t tiles = product(counts);
#pragma omp parallel for schedule(static)
  for (std::int64_t tile = 0; tile < tiles; ++tile) {
    std::vector<std::int64_t> index(box.size());
    std::int64_t rest = tile;
    for (std::size_t d = box.size(); d-- > 0; rest /= counts[d]) index[d] = rest % counts[d];
    std::int64_t base_a = 0;
    std::int64_t base_b = 0;
    for (std::size_t d = 0; d < box.size(); ++d) {
      if (d == rows || d == columns) continue;
      base_a += a.offsets[d][index[d]];
      base_b += b.offsets[d][index[d]];
    }
    const std::int64_t first_row = rows == columns ? 0 : index[rows] * side;
    const std::int64_t last_row = rows == columns ? 1 : std::min(first_row + side, box[rows]);
    const std::int64_t first_column = index[columns] * side;
    const std::int64_t last_column = std::min(first_column + side, box[columns]);
    for (std::int64_t row = first_row; row < last_row; ++row) {
      if (rows != columns) index[rows] = row;
      const std::int64_t row_a = base_a + (rows == columns ? 0 : a.offsets[rows][row]);
      const std::int64_t row_b = base_b + (rows == columns ? 0 : b.offsets[rows][row]);
      for (index[columns] = first_column; index[columns] < last_column; ++index[columns])
        visit(row_a + a.offsets[columns][index[columns]], row_b + b.offsets[columns][index[columns]], index);
    }
  }
}

/// Whether a position is one of padding.
bool outside(const std::vector<std::int64_t>& index, const std::vector<std::int64_t>& dims) {
  for (std::size_t d = 0; d < dims.size(); ++d)
    if (index[d] >= dims[d]) return true;
  return false;
}

std::string text(float value) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.9g", static_cast<double>(value));
  return digits;
}

std::int64_t number_of(const std::vector<std::int64_t>& index, const std::vector<std::int64_t>& dims) {
  std::int64_t number = 0;
  for (std::size_t d = 0; d < dims.size(); ++d) number = number * dims[d] + index[d];
  return number;
}

}  // namespace

std::optional<Places> places_of(const dnnl::memory::desc& desc) {
  const std::optional<compat::Blocks> blocks = compat::blocks_of(desc);
  if (!blocks) return std::nullopt;
  Places places{blocks->dims, blocks->padded, {}};
  for (std::size_t d = 0; d < places.dims.size(); ++d) {
    std::vector<std::int64_t>& offsets =
        places.offsets.emplace_back(static_cast<std::size_t>(places.padded[d]));
    for (std::int64_t index = 0; index < places.padded[d]; ++index) {
      std::int64_t rest = index;
      std::int64_t offset = d == 0 ? blocks->first : 0;
      std::int64_t stride = 1;
      for (std::size_t i = blocks->sizes.size(); i-- > 0; stride *= blocks->sizes[i]) {
        if (blocks->of[i] != static_cast<std::int64_t>(d)) continue;
        offset += rest % blocks->sizes[i] * stride;
        rest /= blocks->sizes[i];
      }
      offsets[static_cast<std::size_t>(index)] = offset + rest * blocks->strides[d];
    }
  }
  return places;
}

bool is_plain(const Places& places) {
  if (places.padded != places.dims) return false;
  std::int64_t stride = 1;
  for (std::size_t d = places.dims.size(); d-- > 0; stride *= places.dims[d])
    for (std::int64_t index = 0; index < places.dims[d]; ++index)
      if (places.offsets[d][static_cast<std::size_t>(index)] != index * stride) return false;
  return true;
}

Comparison compare(const Places& from, const float* source, const Places& to, const float* copy) {
  Comparison result;
  result.elements = product(from.dims);
  std::int64_t first = std::numeric_limits<std::int64_t>::max();
  const auto visit = [&](std::int64_t a, std::int64_t b, const std::vector<std::int64_t>& index) {
    const float expected = source[a];
    const float found = copy[b];
    if (std::bit_cast<std::uint32_t>(expected) == std::bit_cast<std::uint32_t>(found)) return;
#pragma omp critical(cnnbench_compare)
    {
      ++result.wrong;
      if (const std::int64_t number = number_of(index, from.dims); number < first) {
        first = number;
        result.first =
            "element " + std::to_string(number) + ": found " + text(found) + ", expected " + text(expected);
      }
    }
  };
  walk(from.dims, from, to, visit);
  if (to.padded != to.dims)
    walk(to.padded, to, to, [&](std::int64_t, std::int64_t b, const std::vector<std::int64_t>& index) {
      if (copy[b] == 0 || !outside(index, to.dims)) return;
#pragma omp critical(cnnbench_compare)
      {
        ++result.wrong;
        if (result.first.empty()) result.first = "padding: found " + text(copy[b]) + ", expected 0";
      }
    });
  return result;
}

void copy(const Places& from, const float* source, const Places& to, float* copy) {
  if (to.padded != to.dims)
    walk(to.padded, to, to, [&](std::int64_t, std::int64_t b, const std::vector<std::int64_t>& index) {
      if (outside(index, to.dims)) copy[b] = 0;
    });
  walk(from.dims, from, to,
       [&](std::int64_t a, std::int64_t b, const std::vector<std::int64_t>&) { copy[b] = source[a]; });
}

}  // namespace cnnbench::onednn
