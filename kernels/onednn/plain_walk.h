#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernels/onednn/compat.h"

// Our own way through a tensor in any of the library's layouts, element by element, which needs none of the
// library's code: what its reorders are compared with, and what takes their place where none is right.
namespace cnnbench::onednn {

/// Where the elements of a tensor lie. In a layout of blocks the place of an element is a sum over the
/// dimensions, since each index is cut into digits on its own.
struct Places {
  std::vector<std::int64_t> dims;
  std::vector<std::int64_t> padded;                ///< dims, and what fills up the last blocks
  std::vector<std::vector<std::int64_t>> offsets;  ///< a dimension, an index up to `padded`: floats
};

/// The places of a layout of blocks of f32; nothing for others, such as that of Winograd's weights.
std::optional<Places> places_of(const dnnl::memory::desc& desc);

/// Whether the elements lie one after the other in the order of their indices, without padding.
bool is_plain(const Places& places);

/// How a copy compares with its source.
struct Comparison {
  std::int64_t wrong = 0;  ///< elements that differ in a bit, and padding of the copy that is not 0
  std::string first;       ///< the first of these in the source's order: "element 40: found 0, expected 1.5"
  std::int64_t elements = 0;
};

/// Compares every element of a tensor in two layouts. In parallel on the threads of this process.
Comparison compare(const Places& from, const float* source, const Places& to, const float* copy);

/// Copies every element, and fills the padding with 0. In parallel.
void copy(const Places& from, const float* source, const Places& to, float* copy);

}  // namespace cnnbench::onednn
