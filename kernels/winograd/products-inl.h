// Products of the tile matrices of one element: the micro-kernel over all rows and columns.

#if defined(KERNELS_WINOGRAD_PRODUCTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KERNELS_WINOGRAD_PRODUCTS_INL_H_
#undef KERNELS_WINOGRAD_PRODUCTS_INL_H_
#else
#define KERNELS_WINOGRAD_PRODUCTS_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "kernels/winograd/micro_kernel-inl.h"
#include "kernels/winograd/tiling.h"

HWY_BEFORE_NAMESPACE();
namespace cnnbench::winograd::HWY_NAMESPACE {

using RowsFunction = void (*)(const Operands&);

/// Entry r multiplies r + 1 rows by kColumns blocks of columns.
template <int kBlock, int kColumns>
constexpr auto row_functions() {
  constexpr int count = Kernel<kBlock>::rows;
  constexpr auto functions = []<std::size_t... r>(std::index_sequence<r...>) {
    return std::array<RowsFunction, sizeof...(r)>{
        [](const Operands& o) HWY_ATTR { multiply_rows<kBlock, r + 1, kColumns, false>(o); }...};
  };
  return functions(std::make_index_sequence<count>());
}

/// Products of a row that are added up before the next row's turn: so many rows of two columns of B, 8 KiB
/// with AVX2 and 16 with AVX-512, stay in the first-level cache for all rows of A. (All 512 of a layer of
/// VGG16 at once, with AVX2: 7 % slower.)
constexpr std::int64_t panel_terms = 2 * most_terms;

/// All rows of a few columns. The rows are shared out evenly over the calls, so that none is left with one.
template <int kBlock, int kColumns>
void multiply_columns(const TileMatrix<const float>& a, const TileMatrix<const float>& b,
                      std::int64_t element, std::int64_t column, std::int64_t rows, std::int64_t inner,
                      const TileMatrix<float>& c) {
  static constexpr auto functions = row_functions<kBlock, kColumns>();
  const std::int64_t most = static_cast<std::int64_t>(functions.size());
  const std::int64_t strips = (rows + most - 1) / most;
  if (strips == 0) return;
  // While these columns are in the caches, the next ones, which lie behind them, are fetched.
  const std::int64_t depth = blocks_of(inner, kBlock);
  const std::int64_t columns_size = kColumns * b.column_stride();
  const std::int64_t lines = (columns_size + line * strips * depth - 1) / (line * strips * depth);
  const float* next = b.at(element, column, 0) + columns_size;
  for (std::int64_t begin = 0; begin < inner; begin += panel_terms) {
    const std::int64_t terms = std::min(panel_terms, inner - begin);
    for (std::int64_t strip = 0; strip < strips; ++strip) {
      const std::int64_t first = rows * strip / strips;
      const std::int64_t height = rows * (strip + 1) / strips - first;
      functions[static_cast<std::size_t>(height - 1)]({a.at(element, begin / kBlock, first),
                                                       a.column_stride(), b.at(element, column, begin),
                                                       b.column_stride(), c.at(element, column, first),
                                                       c.column_stride(), terms, begin > 0, next, lines});
      next += blocks_of(terms, kBlock) * lines * line;
    }
  }
}

template <int kBlock>
void multiply(const TileMatrix<const float>& a, const TileMatrix<const float>& b, std::int64_t element,
              Range pairs, std::int64_t rows, std::int64_t inner, const TileMatrix<float>& c) {
  for (std::int64_t pair = pairs.first; pair < pairs.last; ++pair) {
    if (2 * pair + 1 < c.columns)
      multiply_columns<kBlock, 2>(a, b, element, 2 * pair, rows, inner, c);
    else
      multiply_columns<kBlock, 1>(a, b, element, 2 * pair, rows, inner, c);
  }
}

template <int kBlock, int kColumns>
void multiply_transposed_columns(const TileMatrix<const float>& a, const TileMatrix<const float>& b,
                                 std::int64_t element, std::int64_t column, std::int64_t inner,
                                 bool accumulate, const TileMatrix<float>& c) {
  constexpr int rows = Kernel<kBlock>::lane_rows;
  // Padded lanes of the last block of channels are rows, too: zeros, which the matrix has room for.
  for (std::int64_t row = 0; row < c.rows; row += rows) {
    const Operands operands{a.at(element, row / kBlock, 0) + row % kBlock,
                            0,
                            b.at(element, column, 0),
                            b.column_stride(),
                            c.at(element, column, row),
                            c.column_stride(),
                            inner,
                            accumulate};
    multiply_rows<kBlock, rows, kColumns, true>(operands);
  }
}

template <int kBlock>
void multiply_transposed(const TileMatrix<const float>& a, const TileMatrix<const float>& b,
                         std::int64_t element, Range pairs, std::int64_t inner, bool accumulate,
                         const TileMatrix<float>& c) {
  using K = Kernel<kBlock>;
  static constexpr std::array functions{multiply_transposed_columns<kBlock, 1>,
                                        multiply_transposed_columns<kBlock, 2>,
                                        multiply_transposed_columns<kBlock, K::lane_columns>};
  const std::int64_t last = std::min(2 * pairs.last, c.columns);
  for (std::int64_t column = 2 * pairs.first; column < last;) {
    const std::int64_t rest = last - column;
    const std::int64_t at_once = rest == 4 ? 2 : std::min<std::int64_t>(rest, K::lane_columns);
    functions[static_cast<std::size_t>(at_once - 1)](a, b, element, column, inner, accumulate, c);
    column += at_once;
  }
}

}  // namespace cnnbench::winograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // KERNELS_WINOGRAD_PRODUCTS_INL_H_
